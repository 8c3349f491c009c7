"""One customer: card, explanation, export of all stored data, and forgetting."""
