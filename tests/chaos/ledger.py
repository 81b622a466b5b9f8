"""What the campaign did, kept outside the platform: every operation and how it was answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Answer(StrEnum):
    """How an operation was answered at last."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # given up without an answer: it may have happened, but only once


@dataclass(frozen=True)
class Operation:
    """One operation. `key` is unique to what it makes, such as the number of a document."""

    kind: str
    key: str
    answer: Answer
    identity: str = ""  # the id that the platform gave, or the id of what was changed
    reason: str = ""  # of a refusal
    facts: dict[str, Any] = field(default_factory=dict)


class Ledger:
    """The operations in the order of their answers; each is also a line of a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.operations: list[Operation] = []
        self.surprises: list[str] = []  # answers that no fault explains

    def note(self, operation: Operation) -> None:
        self.operations.append(operation)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(operation), ensure_ascii=False) + "\n")

    def acknowledged(self, *kinds: str) -> Iterator[Operation]:
        """The acknowledged operations of these kinds; of every kind if none is given."""
        for one in self.operations:
            if one.answer is Answer.ACKNOWLEDGED and (not kinds or one.kind in kinds):
                yield one

    def figures(self) -> dict[str, int]:
        """How many operations there were, by kind of answer and by kind of operation."""
        answers = Counter(one.answer.value for one in self.operations)
        return {**answers, **Counter(one.kind for one in self.acknowledged())}
