"""The batch path: the same rules over many customers at once, in polars. No Python function runs per customer."""
