"""`quanheng check`: proves that register, grades, cases, timers, outboxes and audit agree (D-04).

Each service checks its own tables, workflows and audit chain. This module compares the services: if
two of them store a copy of the same data, both copies must have the same digest.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from plumbing.client import ask
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub

# Figures that must be zero before services can be compared.
UNDER_WAY = ("outbox.pending", "inbox.waiting", "audit.unsealed")
SETTLE_SECONDS = 30.0
CHECK_SECONDS = 120.0  # for one service, which reads all that it holds
# A step between services that is no event, such as marking a record, shows as a difference while it
# is taken. A difference counts once it was seen this many times in a row.
SEEN_TIMES = 4
LOOK_EVERY_SECONDS = 0.3


@dataclass(frozen=True)
class Agreement:
    """The result of a consistency check; `problems` is empty if the data of all services agree."""

    figures: Mapping[str, Mapping[str, int]]  # service → name → value
    compared: Mapping[str, tuple[str, ...]]  # topic → the services with equal copies
    problems: tuple[tuple[str, pb.Problem], ...]  # service, problem

    @property
    def holds(self) -> bool:
        """True if the consistency check found no problem."""
        return not self.problems


Stubs = Mapping[str, OperationsServiceStub]  # by service


async def check(stubs: Stubs, settle_seconds: float = SETTLE_SECONDS) -> Agreement:
    """Waits at most `settle_seconds` until no work is in progress, then compares the services.

    Raises Refusal if a service does not answer.
    """
    answers = await _settled(stubs, settle_seconds)
    problems = [(name, problem) for name, answer in answers.items() for problem in answer.problems]
    problems += [
        (name, problem) for name, answer in answers.items() for problem in _unsettled(answer)
    ]
    problems += [("", problem) for problem in _differences(answers)]
    figures = {name: {f.name: f.value for f in a.figures} for name, a in answers.items()}
    compared = {topic: tuple(held) for topic, held in _topics(answers).items() if len(held) > 1}
    return Agreement(figures, compared, tuple(problems))


async def is_at_rest(stubs: Stubs) -> bool:
    """Returns True if every service has handled all events and sealed its audit entries."""
    answers = await _ask(stubs)
    return not any(_under_way(answer) for answer in answers.values())


async def _settled(stubs: Stubs, seconds: float) -> dict[str, pb.CheckResponse]:
    loop = asyncio.get_running_loop()
    ends, differing = loop.time() + seconds, 0
    while True:
        answers = await _ask(stubs)
        if any(_under_way(answer) for answer in answers.values()):
            differing = 0
        elif differing == SEEN_TIMES - 1 or not any(_differences(answers)):
            return answers
        else:
            differing += 1
        if loop.time() >= ends:
            return answers
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _ask(stubs: Stubs) -> dict[str, pb.CheckResponse]:
    async def one(stub: OperationsServiceStub) -> pb.CheckResponse:
        return await ask(stub.Check(pb.CheckRequest(), timeout=CHECK_SECONDS))

    answers = await asyncio.gather(*map(one, stubs.values()))
    return dict(zip(stubs, answers, strict=True))


def _under_way(answer: pb.CheckResponse) -> list[pb.Figure]:
    return [figure for figure in answer.figures if figure.name in UNDER_WAY and figure.value]


def _unsettled(answer: pb.CheckResponse) -> list[pb.Problem]:
    return [
        pb.Problem(
            name="not_settled",
            object=figure.name,
            message_zh=f"仍有 {figure.value} 项未处理完",
            message_en=f"{figure.value} still under way",
        )
        for figure in _under_way(answer)
    ]


def _topics(answers: Mapping[str, pb.CheckResponse]) -> dict[str, dict[str, pb.Digest]]:
    topics: dict[str, dict[str, pb.Digest]] = defaultdict(dict)
    for service, answer in answers.items():
        for digest in answer.digests:
            topics[digest.topic][service] = digest
    return topics


def _differences(answers: Mapping[str, pb.CheckResponse]) -> list[pb.Problem]:
    topics = _topics(answers).items()
    return [problem for topic, held in topics for problem in _unequal(topic, held)]


def _unequal(topic: str, held: Mapping[str, pb.Digest]) -> list[pb.Problem]:
    if len({(digest.count, digest.digest) for digest in held.values()}) <= 1:
        return []
    counts = "、".join(f"{service} {digest.count}" for service, digest in held.items())
    return [
        pb.Problem(
            name="services_differ",
            object=topic,
            message_zh=f"各服务所存不一致：{counts}",
            message_en=f"The services hold different {topic}: {counts}",
        )
    ]
