"""What follows from a grade, and who is inspected whatever the grade."""
