"""Photographs that go with the filing of instruments: of the plate and of the form."""
