"""What the public is told of cases: announced repairs, and changes of records that were public."""
