"""Credit repair on application: the conditions of each legal text and their data."""
