"""Cuts the text of a receipt into parts that other receipts share, and joins it again.

The receipts of one subject differ in few places: a new record adds a line here and there. So the
text is cut after each item of a list, and each part is known by its SHA-256. The names of the parts
are cut into lists in the same way, until one short list is left, which is the receipt's own
content. Where a list ends depends only on the names in it; so a change moves no other boundary, and
a subject with N receipts takes about N times as much, not N² times.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WHOLE_BYTES = 3072  # a text up to this length is not cut: sharing its parts would cost more
LIST_LENGTH = 8  # names in a list, on average
OWN_LIST = 16  # names in the content of a receipt, at most
_TEXT, _LIST = b"t", b"l"
_NAME_BYTES = hashlib.sha256().digest_size
_PART = re.compile(r".+?(?:[}\]], |\Z)", re.DOTALL)


@dataclass(frozen=True)
class Cut:
    """A text that was cut: the receipt's own `content`, and the parts that it needs, by name."""

    content: bytes
    parts: Mapping[bytes, bytes]


def name_of(content: bytes) -> bytes:
    """Returns the name of a part: the SHA-256 of its content."""
    return hashlib.sha256(content).digest()


def whole(text: str) -> bytes:
    """Returns a content that is the text itself and needs no parts."""
    return _TEXT + text.encode()


def cut(text: str) -> Cut:
    """Cuts a text so that `joined` returns the same text, byte for byte."""
    short = len(text.encode()) <= WHOLE_BYTES
    contents = [whole(piece) for piece in ([text] if short else _PART.findall(text))]
    parts: dict[bytes, bytes] = {}
    while len(contents) > 1:
        names = [name_of(content) for content in contents]
        parts.update(zip(names, contents, strict=True))
        contents = [_LIST + b"".join(group) for group in _lists(names)]
    return Cut(contents[0], parts)


def needed(content: bytes) -> list[bytes]:
    """Returns the names of the parts that a content consists of; none if it is text itself."""
    if not content.startswith(_LIST):
        return []
    return [content[at : at + _NAME_BYTES] for at in range(1, len(content), _NAME_BYTES)]


def joined(content: bytes, parts: Mapping[bytes, bytes]) -> str:
    """Returns the text of a content. Raises KeyError with the name of a part that is missing."""
    if content.startswith(_LIST):
        return "".join(joined(parts[name], parts) for name in needed(content))
    return content[len(_TEXT) :].decode()


def _lists(names: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The names in lists of at least two, so that there are always fewer lists than names."""
    if len(names) <= OWN_LIST:
        yield list(names)
        return
    group: list[bytes] = []
    for name in names:
        group.append(name)
        if len(group) > 1 and name[0] % LIST_LENGTH == 0:
            yield group
            group = []
    if group:
        yield group
