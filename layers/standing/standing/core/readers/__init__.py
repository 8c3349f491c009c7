"""Readers of one condition tree: each says which rules a set of facts satisfies, and all of them agree."""
