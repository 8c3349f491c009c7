"""The renderers of documents: one for each medium. Each draws every kind of block and every look."""
