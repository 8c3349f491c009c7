"""Fitting: estimates a model's parameters from customers. Scoring does not need it."""
