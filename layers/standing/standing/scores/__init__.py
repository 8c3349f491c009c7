"""Scores: predictions about customers by models fitted on all of them. Knows purchases, not rules."""
