"""Whether the platform is well, and what needs a person."""
