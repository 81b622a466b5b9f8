"""Imports of files, and of batches that other systems send in bulk.

A file is processed by these folders in this order. `read/` converts its bytes to rows of cells,
`rows/` converts cells to checked values and lists every fault, `plan/` compares the values with the
register, `impact/` estimates how many alerts and lower grades would result, and `batch/` applies,
holds or refuses the changes in one transaction, and undoes them on request.
"""
