"""`quanheng check`: proves that register, grades, cases, timers, outboxes and audit agree (D-04).

Each service checks its own tables, workflows and audit chain, part by part. This module compares
the services: if two of them store a copy of the same data, both copies must have the same digest.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plumbing.client import ask
from plumbing.events import positions
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub

# Figures that must be zero before services can be compared.
UNDER_WAY = ("outbox.pending", "inbox.waiting", "audit.unsealed")
SETTLE_SECONDS = 30.0  # without any of the work under way being done
CHECK_SECONDS = 120.0  # for one part of one service, which may read all that it holds
# A step between services that is no event, such as marking a record, shows as a difference while it
# is taken. A difference counts once it was seen this many times in a row.
SEEN_TIMES = 4
LOOK_EVERY_SECONDS = 0.3
# What is under way comes last, so that work that began meanwhile is seen.
PARTS = ("data", "rows", "audit", "under_way")
_PASSING = ("data", "under_way")  # what is asked again, since it may pass by itself
_MAY_BE_STARTED = "workflow_missing"  # by an event that still waits


@dataclass(frozen=True)
class Stage:
    """How far a check has come: work that is still under way, or the parts that are done."""

    under_way: int = 0
    done: int = 0
    of: int = 0


Tell = Callable[[Stage], None]


def _to_nobody(_stage: Stage) -> None:
    pass


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
Parts = dict[str, pb.CheckResponse]  # the answers of one service, by part
Answers = Mapping[str, pb.CheckResponse]


async def check(
    stubs: Stubs, settle_seconds: float = SETTLE_SECONDS, tell: Tell = _to_nobody
) -> Agreement:
    """Waits until no work is in progress, then compares the services.

    A backlog is waited for as long as it shrinks, and `settle_seconds` beyond that; what is missing
    only because its event still waits is no problem. `tell` is told how far the check has come.
    Raises Refusal if a service does not answer.
    """
    answers = await _settled(stubs, settle_seconds, tell)
    waits = bool(_work(answers))
    problems = [
        (name, problem)
        for name, answer in answers.items()
        for problem in (*answer.problems, *_unsettled(answer))
        if not (waits and problem.name.endswith(_MAY_BE_STARTED))
    ]
    problems += [("", problem) for problem in _differences(answers)]
    figures = {name: _figures(answer) for name, answer in answers.items()}
    compared = {topic: tuple(held) for topic, held in _topics(answers).items() if len(held) > 1}
    return Agreement(figures, compared, tuple(problems))


async def set_back(stubs: Stubs) -> list[str]:
    """Returns the services whose database is older than what another service has handled of it.

    Raises Refusal if a service does not answer.
    """
    topics = _topics(await _settled(stubs, SETTLE_SECONDS, _to_nobody))
    owners = {topic.removeprefix(positions.TOPIC): held for topic, held in topics.items()}
    return [one for one in stubs if one in owners and positions.is_older(one, owners[one])]


async def is_at_rest(stubs: Stubs) -> bool:
    """Returns True if every service has handled all events and sealed its audit entries."""
    return not await _work_of(stubs)


async def rest(
    stubs: Stubs, settle_seconds: float = SETTLE_SECONDS, tell: Tell = _to_nobody
) -> bool:
    """Waits until every service is at rest; returns False if work stays under way.

    It gives up once the work has not become less for `settle_seconds`.
    """
    loop = asyncio.get_running_loop()
    ends, least = loop.time() + settle_seconds, None
    while work := await _work_of(stubs):
        tell(Stage(under_way=work))
        if least is None or work < least:
            ends, least = loop.time() + settle_seconds, work
        if loop.time() >= ends:
            return False
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return True


async def _settled(stubs: Stubs, seconds: float, tell: Tell) -> Answers:
    """The answers of all services, once nothing is under way and no difference passes by itself."""
    loop = asyncio.get_running_loop()
    at_rest = await rest(stubs, seconds, tell)
    ends, differing = loop.time() + seconds, 0
    found = await _ask(stubs, PARTS, tell)
    while at_rest and loop.time() < ends:
        answers = _merged(found)
        if _work(answers):
            at_rest, differing = await rest(stubs, ends - loop.time(), tell), 0
        elif differing == SEEN_TIMES - 1 or not _differences(answers):
            break
        else:
            differing += 1
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        again = await _ask(stubs, _PASSING)
        found = {name: {**parts, **again[name]} for name, parts in found.items()}
    return _merged(found)


async def _work_of(stubs: Stubs) -> int:
    return _work(_merged(await _ask(stubs, ["under_way"])))


async def _ask(stubs: Stubs, parts: Sequence[str], tell: Tell = _to_nobody) -> Mapping[str, Parts]:
    """Asks every service for these parts of its check, one after the other."""
    answered = 0

    async def one(stub: OperationsServiceStub) -> Parts:
        nonlocal answered
        answers = {}
        for part in parts:
            request = pb.CheckRequest(part=part)
            answers[part] = await ask(stub.Check(request, timeout=CHECK_SECONDS))
            answered += 1
            tell(Stage(done=answered, of=len(parts) * len(stubs)))
        return answers

    answers = await asyncio.gather(*map(one, stubs.values()))
    return dict(zip(stubs, answers, strict=True))


def _merged(found: Mapping[str, Parts]) -> Answers:
    answers = {name: pb.CheckResponse() for name in found}
    for name, parts in found.items():
        for part in parts.values():
            answers[name].MergeFrom(part)
    return answers


def _figures(answer: pb.CheckResponse) -> dict[str, int]:
    return {figure.name: figure.value for figure in answer.figures}


def _under_way(answer: pb.CheckResponse) -> dict[str, int]:
    figures = _figures(answer)
    return {name: figures[name] for name in UNDER_WAY if figures.get(name)}


def _work(answers: Answers) -> int:
    """How many events and audit entries are still to be handled."""
    return sum(sum(_under_way(answer).values()) for answer in answers.values())


def _unsettled(answer: pb.CheckResponse) -> list[pb.Problem]:
    return [
        pb.Problem(
            name="not_settled",
            object=name,
            message_zh=f"仍有 {value} 项未处理完",
            message_en=f"{value} still under way",
        )
        for name, value in _under_way(answer).items()
    ]


def _topics(answers: Answers) -> dict[str, dict[str, pb.Digest]]:
    topics: dict[str, dict[str, pb.Digest]] = defaultdict(dict)
    for service, answer in answers.items():
        for digest in answer.digests:
            topics[digest.topic][service] = digest
    return topics


def _differences(answers: Answers) -> list[pb.Problem]:
    topics = _topics(answers).items()
    return [problem for topic, held in topics for problem in _unequal(topic, held)]


def _unequal(topic: str, held: Mapping[str, pb.Digest]) -> list[pb.Problem]:
    if len({(digest.count, digest.digest) for digest in held.values()}) <= 1:
        return []
    counts = "、".join(f"{service} {digest.count}" for service, digest in held.items())
    zh, en = f"各服务所存不一致：{counts}", f"The services hold different {topic}: {counts}"
    if topic.startswith(positions.TOPIC):
        what_zh, what_en = positions.advice(topic.removeprefix(positions.TOPIC), held)
        zh, en = f"{zh}。{what_zh}", f"{en}. {what_en}"
    return [pb.Problem(name="services_differ", object=topic, message_zh=zh, message_en=en)]
