"""Which fields of a subject each audience may see, and how long a record is disclosed and kept."""
