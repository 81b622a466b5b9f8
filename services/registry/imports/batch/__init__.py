"""A batch from intake to outcome: applied, held back, approved, undone."""
