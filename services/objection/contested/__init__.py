"""What a case contests, item by item: records, their disclosure, a grade, entries of the register.

This package reads what is contested, checks what a decision says of each item, and carries it out.
"""
