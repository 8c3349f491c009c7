"""Reads files of history as rows: every row is read completely, or reported with its error. Does not know events."""
