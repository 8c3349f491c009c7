"""Scenarios: stories beside the rules, made of events and of what the rules should decide on each day."""
