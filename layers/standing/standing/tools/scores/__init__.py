"""Models of scores, for people: learn one from purchases, look at it, write the events that it calls for."""
