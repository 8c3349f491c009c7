"""What the functions do with a batch: taking events in, publishing outcomes."""
