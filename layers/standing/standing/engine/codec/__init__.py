"""States as bytes, as the table keeps them."""
