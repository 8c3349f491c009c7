"""Foresight: what time alone will change, and the least that has to happen to reach a level."""
