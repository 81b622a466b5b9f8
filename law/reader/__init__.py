"""Reads the data files of the law into typed values and reports every fault of a file."""
