"""Mappings: how rows of somebody's tables become events. Knows nothing of files, nor whether an event is right."""
