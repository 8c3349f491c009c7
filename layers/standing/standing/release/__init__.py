"""Releases and rollbacks of rules, and shadow candidates."""
