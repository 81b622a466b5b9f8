"""The legal rules as pure functions: they read only their arguments and the packaged YAML files.

No function reads a clock, a database or the network, and none depends on a framework.
"""
