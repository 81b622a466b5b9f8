"""Repair of credit on application (S3 20, 21; S4 四(四); R-121…R-128).

A repair is a case as an objection is, and shares its file, its term and its follow-through. What
differs is here: its conditions, which the law checks; its term, which runs from submission (C-13);
and that it is refused at the door only where no person's judgment could change the answer.
"""
