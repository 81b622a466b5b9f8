"""The log of maintenance, repairs and seals of instruments: entries are added, never changed."""
