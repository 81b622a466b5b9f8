"""What would be, what is to come, and what other texts say; nothing is written."""
