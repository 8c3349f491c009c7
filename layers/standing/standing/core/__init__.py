"""The functional core: no clock, no network, no environment."""
