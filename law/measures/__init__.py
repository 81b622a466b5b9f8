"""The consequences of a grade, and the grounds for an inspection at any grade."""
