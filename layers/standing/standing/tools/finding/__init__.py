"""Customers found again: who stands so, who moved, what care is open, and how levels went over the nights."""
