"""Signed checkpoints of the audit chain, so that its keeper cannot rewrite it unnoticed (ADR 0018).

`merkle` and `signed_note` are pure and follow RFC 6962 and C2SP; `tree` keeps the Merkle tree of a
chain in the database; `making` signs a checkpoint each hour, and `witness` keeps those of the other
services.
"""
