"""Removes, each day and in small portions, what no open matter and no reader needs any more.

The audit is never pruned. What is removed and what stays is told in docs/operations.md.
"""
