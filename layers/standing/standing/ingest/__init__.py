"""Ingest: a batch of messages is parsed, decided and saved."""
