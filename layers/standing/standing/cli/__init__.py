"""The command line: one module for each noun. The work of a command is in the room of its subject."""
