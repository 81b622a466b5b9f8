"""Reads the data files of the law into typed values, strictly, and names every fault."""
