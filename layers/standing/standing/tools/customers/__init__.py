"""What is said of one customer: its card, and why it stands where it does."""
