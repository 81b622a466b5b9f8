"""Reports whether the platform works, and which matters need a person."""
