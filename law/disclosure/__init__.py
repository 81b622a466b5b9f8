"""Who may see what of a subject, until when, and how long a record is kept."""
