"""Templates: the words of a bureau around what the platform writes."""
