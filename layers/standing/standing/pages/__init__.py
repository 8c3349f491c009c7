"""Pages that need no network: their shell, and the pictures that several of them have."""
