"""What an import leaves for a person to decide."""
