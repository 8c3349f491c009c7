"""Metrics of a night's report: whole numbers, counted by bucket, which add up over buckets."""
