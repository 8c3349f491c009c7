"""Scenarios as people write them beside the rules, read and understood, or named with what is wrong in them."""
