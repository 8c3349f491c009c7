"""What people run: the command line, the local AWS and the demo. Nothing here runs in a function."""
