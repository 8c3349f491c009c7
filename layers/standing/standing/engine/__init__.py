"""The engine: from a customer's events to features, levels, care and decisions. Touches no clock and no network."""
