"""What applying a batch would set off: alerts that are raised, and grades that fall."""
