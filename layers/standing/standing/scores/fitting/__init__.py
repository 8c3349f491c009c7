"""Fitting: from customers to the parameters that tell most of them. Whoever scores needs none of it."""
