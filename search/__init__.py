"""Finding text. Knows documents, not articles."""
