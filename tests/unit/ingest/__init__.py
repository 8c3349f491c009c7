"""Tests of the room `ingest`: a batch against a table in memory."""
