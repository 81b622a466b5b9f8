"""What a batch would set off: alerts newly raised, and grades that fall."""
