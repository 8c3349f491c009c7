"""The rules, and what checks and scenarios say of them, as people read them."""
