"""The desk of a bureau: who of its people has a case, and their notes on it.

Module `assigning` gives a case to a person. Module `notes` keeps what people note for one another,
which no subject of a case ever reads.
"""
