"""Changes that one person proposes and another releases: filed, listed and decided (S1 20)."""
