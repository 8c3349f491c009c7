"""The lake: every event record and every state, as Parquet that anybody can read (docs/lake.md)."""
