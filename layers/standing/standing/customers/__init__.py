"""One customer: the card, why it stands where it does, everything stored, and how it is forgotten."""
