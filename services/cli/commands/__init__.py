"""The commands that call a running platform."""
