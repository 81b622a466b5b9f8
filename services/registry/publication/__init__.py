"""What of credit records the public is shown: reviewed by a second person before (S1 18, 19)."""
