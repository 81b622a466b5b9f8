"""The three-colour alerts: the rule and its data (C-19)."""
