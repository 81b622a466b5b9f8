"""Taking in files: what each family of rows holds, and how a file becomes a change of the register.

A file is read and checked cell by cell before any transaction (`cells`, `sheet`, `mapping`,
`reading`). Inside one transaction it is compared with the register (`plan_…`), applied or refused
as a whole (`commands`), and kept so that it can be undone (`undoing`).
"""
