"""Standing keeps every customer's rating up to date.

Rooms, and who may import whom: docs/ARCHITECTURE.md. The pure ones are `values`, `rules`, `events`, `engine` and
`foresight`.
"""
