"""The three-colour alerts about instruments: the rule and its data (C-19)."""
