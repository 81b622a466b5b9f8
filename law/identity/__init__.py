"""Who and what is the same: the rule of identity for each kind of thing in the register.

People write one name and one number in many ways. `folding` takes away the differences that mean
nothing; what was written is what is stored and shown. The other modules say, for one kind each,
what a thing is known by (its key), and whether two of them are the same, different, or perhaps the
same (`Verdict`): that waits for a person. No key is made of a word for no number, such as 无.

Every rule has its cases in one table, `tests/unit/law/identity_cases.py`.
"""

from law.identity.folding import folded, letters, stated
from law.identity.instruments import may_be_one_model, serial_key
from law.identity.measures import same_detail
from law.identity.parts import part_key
from law.identity.records import document_key
from law.identity.verdict import Verdict

__all__ = [
    "Verdict",
    "document_key",
    "folded",
    "letters",
    "may_be_one_model",
    "part_key",
    "same_detail",
    "serial_key",
    "stated",
]
