"""The plumbing: what two or more services need, and nothing a single one could keep at home."""
