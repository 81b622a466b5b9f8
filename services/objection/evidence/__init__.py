"""Files as evidence in cases: who may send and see them, and how long they are kept."""
