"""Answers on the screen and in files."""
