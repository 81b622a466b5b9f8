"""Imports of files, and of batches that other systems send in bulk.

A file is processed by these folders in this order. `read/` converts its bytes to rows of cells,
`rows/` converts cells to checked values and lists every fault, `plan/` compares the values with the
register, `impact/` estimates how many alerts and lower grades would result, `staging/` writes the
changes beside the register, and `batch/` puts them in force in one short transaction, holds or
refuses them, and undoes them on request.
"""
