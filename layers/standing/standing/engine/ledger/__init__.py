"""The ledger: what was announced, and what care was asked for. It may depend on arrival; no rating reads it."""
