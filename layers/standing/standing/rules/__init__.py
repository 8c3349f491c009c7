"""The compiled rules as data, and from which day they are in force. How they are written: `rules/author`."""
