"""Plans which rows of the register a file would create or change, before any row is changed."""
