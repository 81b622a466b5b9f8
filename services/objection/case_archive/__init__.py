"""What a case file needs to stand on its own, away from the platform."""
