"""Accounts, passwords, keys and tokens; only the registry signs tokens."""
