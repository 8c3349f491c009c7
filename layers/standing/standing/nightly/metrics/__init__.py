"""Metrics: what a night's report counts, one bucket at a time, as whole numbers that add up over the buckets."""
