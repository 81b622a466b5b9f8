"""The wire: each service's contract, with the code generated from it beside it."""
