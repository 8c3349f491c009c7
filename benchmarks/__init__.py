"""The benchmark: `make bench` measures, compares with peers, and writes results.md and results.json. Not deployed."""
