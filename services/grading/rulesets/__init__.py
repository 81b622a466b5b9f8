"""Which text governs a jurisdiction from which day: impacts and activations."""
