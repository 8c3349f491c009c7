"""Backfill: years of history from files, into table and lake in bulk. Nothing of it is sent to anybody."""
