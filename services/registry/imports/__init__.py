"""Imports of files, and of batches that systems send in bulk.

A file goes through these folders in order. `read/` turns its bytes into rows of cells, `rows/`
turns cells into checked values and notes every fault, `plan/` compares them with the register,
`impact/` estimates what applying them would set off, and `batch/` applies, holds or refuses them
in one transaction, and undoes them.
"""
