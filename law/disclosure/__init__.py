"""Which fields of a subject an audience may see, and how long a record is disclosed and stored."""
