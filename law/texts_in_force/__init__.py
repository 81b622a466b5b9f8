"""The rule texts as data: read, checked, cut into editions, and which of them governs a subject."""
