"""Statutory terms in working days: the ledger of a term, its data, and the calendar."""
