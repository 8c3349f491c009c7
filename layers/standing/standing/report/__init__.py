"""The report of a night as data: what is stored of it, and older ones made as new. Knows nothing of who shows it."""
