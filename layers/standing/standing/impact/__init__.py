"""Impact: what an edit of the rules does to a population before it is merged, and how the result is shown."""
