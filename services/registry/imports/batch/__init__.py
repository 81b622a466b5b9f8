"""A batch from intake to outcome: applied, held for approval, refused or undone."""
