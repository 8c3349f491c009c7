"""What is live: releasing rules and taking them back, and a candidate that runs in the shadow."""
