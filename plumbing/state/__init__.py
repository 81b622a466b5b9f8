"""The state of the whole platform from the answers of its services, without asking them itself.

The command line and the portal show the same: figures, matters that need a person, and whether the
services agree.
"""
