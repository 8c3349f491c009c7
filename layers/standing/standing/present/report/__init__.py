"""The report of a night for people: what needs attention, the customers' levels, and the run."""
