"""Accounts, passwords, keys and tokens: the registry alone signs."""
