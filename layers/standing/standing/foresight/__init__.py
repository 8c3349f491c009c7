"""Foresight: what time alone will change, and the least that would have to happen for a level to be reached."""
