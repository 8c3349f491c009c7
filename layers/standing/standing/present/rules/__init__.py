"""The rules, and the results of checks and scenarios, for people."""
