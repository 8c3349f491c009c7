"""The report of a night, for people: what needs attention, where customers stand, and how the night went."""
