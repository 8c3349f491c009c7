"""Standing keeps every customer's rating up to date.

Rooms: `core` (the pure fold), `adapters` (AWS), `event_path` (what the functions do), `rulebook` (the rules as
people write them) and `tools` (the command line and the local AWS). The core imports from none of the others.
"""
