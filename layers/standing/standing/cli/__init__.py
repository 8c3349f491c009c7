"""The command line: one module a noun. What a command does stands in the room of its subject."""
