"""Determines which ruleset governs a jurisdiction from which day: impacts and activations."""
