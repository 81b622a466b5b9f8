"""Open data: everything that is public, as CSV and JSON files with a Frictionless Data Package."""
