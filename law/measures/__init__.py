"""The consequences of a grade, and the grounds for a priority inspection at any grade."""
