"""Mappings: how rows of tables become events. Does not know files, or whether an event is valid."""
