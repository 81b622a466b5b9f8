"""A case file as an archive that opens away from the platform, and can be verified there."""
