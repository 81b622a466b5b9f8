"""Statutory terms in working days: the ledger of a term, the data of the terms, the calendar."""
