"""Backfill, as people run it: files in, a progress bar, and what became of each row."""
