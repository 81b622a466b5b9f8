"""Reconsideration of an objection by the city's bureau (S3 27, 28; S4 五(三)).

A reconsideration is a case like an objection, with the same steps, workflow and effects on records.
This package contains the differences: what can be reconsidered, its letters, and the new objection
to which a case that was sent back leads.
"""
