"""Releases: rules go live and back, and a candidate runs in the shadow."""
