"""The ledger: announced levels and requested care. It may depend on the order of arrival; no rating reads it."""
