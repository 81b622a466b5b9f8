"""The ladder of follow-ups in a bureau's own figures, set by two administrators (C-31)."""
