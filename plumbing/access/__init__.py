"""The access log: who signed in, was refused, exported, or read data of persons (ADR 0021)."""
