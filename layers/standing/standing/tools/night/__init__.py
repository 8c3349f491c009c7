"""The night by hand: begun, followed, and what came of it."""
