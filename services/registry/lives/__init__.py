"""The life of a subject: split, joined, parted, re-registered under another code, deregistered."""
