"""What is perhaps the same: found by imports, joined or kept apart by a person."""
