"""Writes what a batch would change to a file of its own, and moves it into the register at once.

So the register's one writer is free while a long file is compared, written and digested, and nobody
sees a part of it (ADR 0023).
"""
