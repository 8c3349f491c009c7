"""Generators of test data: events, rules, crowds, lakes and reports. All of it is synthetic."""
