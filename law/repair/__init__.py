"""Credit repair at the request of a subject: the conditions of each legal text, and their data."""
