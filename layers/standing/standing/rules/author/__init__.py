"""The rules as business people write them: reading, checking and compiling `rules/`."""
