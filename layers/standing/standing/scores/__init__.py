"""Scores: what is to be expected of customers, learnt from all of them. Knows purchases; knows nothing of rules."""
