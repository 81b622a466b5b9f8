"""How far the processing of a batch has come, for the person who waits for it.

A batch is prepared beside the register, where nobody sees its rows. So the progress is kept in the
memory of the process that works on the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from protos.registry.v1 import registry_pb2 as pb


class Step(StrEnum):
    """The steps of processing a batch, in their order."""

    READ = "read"
    COMPARE = "compare"
    ESTIMATE = "estimate"
    APPLY = "apply"


@dataclass
class Progress:
    """The present step of one batch, and how many of its rows it has done."""

    step: Step = Step.READ
    done: int = 0
    total: int = 0

    def begin(self, step: Step, total: int = 0) -> None:
        """Notes that a step begins; `total` is its number of rows, 0 if it is not counted."""
        self.step, self.done, self.total = step, 0, total


@dataclass
class UnderWay:
    """The batches on which this process works, with their progress."""

    _by_batch: dict[str, Progress] = field(default_factory=dict)

    def begin(self, batch_id: str) -> Progress:
        """Returns the progress of a batch on which work begins."""
        return self._by_batch.setdefault(batch_id, Progress())

    def end(self, batch_id: str) -> None:
        """Forgets a batch on which work has ended."""
        self._by_batch.pop(batch_id, None)

    def tell(self, batch: pb.Batch) -> None:
        """Adds to the message of a batch how far its processing has come, if it is under way."""
        if batch.state != "waiting":
            return  # it has ended; the process may not have forgotten it yet
        if progress := self._by_batch.get(batch.batch_id):
            batch.progress.step = progress.step
            batch.progress.done, batch.progress.total = progress.done, progress.total
