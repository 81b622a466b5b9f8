"""A batch from its arrival to its outcome: applied, held for approval, refused or undone."""
