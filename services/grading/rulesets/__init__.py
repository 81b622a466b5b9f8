"""Which text governs from when: impact runs and activations."""
