"""Reads and checks what an entry of the log of upkeep says. Reads nothing of the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from law.identity import part_key
from law.reader.strict_reader import Reader
from law.upkeep import kinds
from services.registry.validation import optional_text

REPAIR, RESEALED = "repair", "resealed"


@dataclass(frozen=True)
class UpkeepContent:
    """The fields of an entry that people enter."""

    kind: str
    part: str
    done_on: date
    done_by: str
    what: str
    seal_no: str


def read_content(reader: Reader, today: date) -> UpkeepContent:
    """Reads and checks an entry; adds a fault for each bad field.

    It must not be dated after `today`; a new seal has a number.
    """
    content = UpkeepContent(
        kind=_kind(reader),
        part=part_key(optional_text(reader, "part")),
        done_on=reader.day("done_on"),
        done_by=reader.text("done_by").strip(),
        what=reader.text("what").strip(),
        seal_no=optional_text(reader, "seal_no"),
    )
    if content.done_on > today:
        reader.fault("done_on", "日期不得晚于今天", "must not be after today")
    if content.kind == RESEALED and not content.seal_no:
        reader.fault("seal_no", "重新签封须写新签封的编号", "the new seal needs its number")
    return content


def _kind(reader: Reader) -> str:
    """The id of a kind, which may be given by its Chinese name too."""
    given = reader.text("kind").strip()
    known = [one.value for one in kinds()]
    found = next((one.id for one in known if given in (one.id, one.zh)), "")
    if given and not found:
        zh, en = "、".join(one.zh for one in known), ", ".join(one.id for one in known)
        reader.fault("kind", f"应为下列之一：{zh}", f"must be one of {en}")
    return found
