"""Rescoring: the fold of the event path, for many customers at once, as polars expressions over columns.

It is the same standing to the last digit: `engine/` says what holds, and property tests keep the two equal.
"""
