"""Event files: sent, counted, and looked after when something went wrong."""
