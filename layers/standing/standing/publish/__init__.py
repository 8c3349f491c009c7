"""Publish: rows of the table's stream become events on the bus."""
