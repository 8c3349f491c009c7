"""The renderers of documents: one for each medium, each with an entry for every kind of block and every look."""
