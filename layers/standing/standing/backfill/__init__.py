"""Backfill: imports years of history from files into table and lake in bulk. It publishes nothing."""
