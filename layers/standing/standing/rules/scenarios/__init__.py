"""Scenarios: stories beside the rules, told with events and what is expected of the rules on their days."""
