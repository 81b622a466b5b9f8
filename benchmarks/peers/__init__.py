"""Other engines on the path of a case, each a script for the environment of `make peers`.

None of them is a part of the product. Each prints one line of JSON: the seconds until all steps of
persons were durable, and until all cases were closed.
"""
