"""Credit repair on application: the conditions and their data."""
