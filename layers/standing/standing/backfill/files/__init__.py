"""Files of history as rows: every row is read whole, or named with what is wrong with it. Knows nothing of events."""
