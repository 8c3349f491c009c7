"""The lake by hand: compaction, and gaps."""
