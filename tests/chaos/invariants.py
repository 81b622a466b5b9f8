"""What must hold after any campaign, read from the databases and compared with the ledger.

Each function returns what is wrong, in words; nothing if the invariant holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from email.message import Message
from pathlib import Path
from typing import Any

from law.grading.engine import verify_document
from law.terms.ledger import Term
from plumbing.client import ask
from plumbing.settings import SERVICES
from protos.grading.v1 import grading_pb2 as grading
from protos.operations.v1 import operations_pb2 as operations
from services.cli.client import Client
from services.cli.health import agreement
from tests.chaos.ledger import Answer, Ledger

# Where what an operation makes is kept: service, table, column of the id, column of the key.
KEPT = {
    "account": ("registry", "account", "account_id", "name"),
    "subject": ("registry", "subject", "subject_id", "name"),
    "record": ("registry", "record", "record_id", "source_ref"),
    "instrument": ("registry", "instrument", "instrument_id", "serial_no"),
    "verification": ("registry", "verification", "verification_id", "certificate_no"),
}
ONCE = ("lodge", "accept", "decline", "decide", "close")
CASE_STEPS = (*ONCE, "request_extension", "approve_extension", "decline_extension")
APPLIED_ROWS = 3
SETTLE_SECONDS = 10.0
_MOVES = (
    "SELECT (SELECT COUNT(*) FROM outbox WHERE published_at IS NULL),"
    " (SELECT SUM(last_seq) FROM inbox_position),"
    " (SELECT COUNT(*) FROM audit_entry WHERE sequence IS NULL)"
)
_DELIVERIES = "SELECT state, COUNT(*), SUM(attempts) FROM notice GROUP BY state"


class Books:
    """The databases of the services, as they stand."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def rows(self, service: str, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._data / service}.db?mode=ro", uri=True)) as book:
            return book.execute(query).fetchall()

    def progress(self) -> list[tuple[Any, ...] | None]:
        """Figures of every service that change while it works something off; None if it is away."""
        return [self._progress(service) for service in SERVICES]

    def _progress(self, service: str) -> tuple[Any, ...] | None:
        try:
            (events,) = self.rows(service, _MOVES)
            notices = self.rows(service, _DELIVERIES) if service == "alerts" else []
        except sqlite3.Error:
            return None
        return (*events, *notices)

    def pairs(self, service: str, query: str) -> dict[Any, Any]:
        return dict(self.rows(service, query))


def nothing_lost(books: Books, ledger: Ledger) -> Iterator[str]:
    """What was acknowledged is on file, as the operation said it."""
    for kind, (service, table, identity, key) in KEPT.items():
        held = books.pairs(service, f"SELECT {identity}, {key} FROM {table}")  # noqa: S608
        for one in ledger.acknowledged(kind):
            if held.get(one.identity) != one.key:
                yield f"lost: {kind} {one.key}, acknowledged as {one.identity}"
    yield from _lost_steps(books, ledger)
    yield from _lost_files(books, ledger)


def _lost_steps(books: Books, ledger: Ledger) -> Iterator[str]:
    taken = Counter(books.rows("objection", "SELECT case_id, step FROM case_step"))
    told = Counter((one.identity, one.kind) for one in ledger.acknowledged(*CASE_STEPS))
    for (case, step), times in told.items():
        if taken[case, step] < times:
            yield f"lost: {step} of case {case}, acknowledged {times} times"


def _lost_files(books: Books, ledger: Ledger) -> Iterator[str]:
    names = [name for (name,) in books.rows("registry", "SELECT name FROM subject")]
    for one in ledger.acknowledged("file"):
        found = sum(name.startswith(one.key) for name in names)
        if found != APPLIED_ROWS:
            yield f"lost: {found} of {APPLIED_ROWS} rows of file {one.key}, batch {one.identity}"


def nothing_doubled(books: Books, ledger: Ledger) -> Iterator[str]:
    """Nothing is there twice, whether it was acknowledged or not."""
    for kind, (service, table, _, key) in KEPT.items():
        query = f"SELECT {key}, COUNT(*) FROM {table} WHERE {key} <> '' GROUP BY {key}"  # noqa: S608
        yield from more_than_once(kind, books.pairs(service, query))
    steps = "SELECT case_id || ' ' || step, COUNT(*) FROM case_step WHERE step IN ({}) GROUP BY 1"
    once = ", ".join(f"'{step}'" for step in ONCE)
    yield from more_than_once("step", books.pairs("objection", steps.format(once)))
    names = Counter(name for (name,) in books.rows("registry", "SELECT name FROM subject"))
    yield from more_than_once("subject", names)
    refused = {one.key for one in ledger.operations if one.answer is Answer.REFUSED}
    if refused & {name.partition("-")[0] + "-" for name in names}:
        yield "a refused file was applied"


def more_than_once(kind: str, counts: Mapping[Any, int]) -> Iterator[str]:
    for key, times in counts.items():
        if times > 1:
            yield f"doubled: {kind} {key}, {times} times"


def every_rung_told_once(books: Books) -> Iterator[str]:
    """A bureau is told of a reminder as often as it was announced, so of each once.

    The first reminders of a term have the same text.
    """
    announced = Counter(books.rows("alerts", "SELECT bureau, message_zh FROM term_note"))
    notices = "SELECT bureau, body FROM notice WHERE kind = 'term' AND key LIKE 'term/%'"
    lines = defaultdict[str, list[str]](list)
    for bureau, body in books.rows("alerts", notices):
        lines[bureau] += body.splitlines()
    for (bureau, message), times in announced.items():
        told = sum(line.endswith(message) for line in lines[bureau])
        if told > times:
            yield f"doubled: reminder {message}, told {told} times, announced {times}"


def every_term_within_its_cap(books: Books) -> Iterator[str]:
    """No term was extended beyond its cap."""
    for number, term in books.rows("objection", "SELECT number, term FROM objection_case"):
        ledger = json.loads(term) if term else None
        if ledger and Term.from_json(ledger).total > ledger["cap"]:
            yield f"term of {number} has more days than its cap"


async def every_grade_is_its_receipt(books: Books, client: Client) -> list[str]:
    """Each receipt recomputes to itself, and each grade is that of its receipt."""
    faults = []
    given = "SELECT grade_id, receipt_id, grade FROM grade WHERE receipt_id <> ''"
    for grade, receipt, letter in books.rows("grading", given):
        request = grading.GetReceiptRequest(receipt_id=receipt)
        document = json.loads((await ask(client.grading.GetReceipt(request))).receipt_json)
        faults += [f"receipt {receipt}: {found}" for found in verify_document(document)]
        if document["grade"] != letter:
            faults.append(f"grade {grade} is {letter}, its receipt says {document['grade']}")
    return faults


def every_number_once(books: Books) -> Iterator[str]:
    """Numbers of letters and cases are given once and without gaps."""
    letters = [n for (n,) in books.rows("objection", "SELECT number FROM case_letter")]
    cases = [n for (n,) in books.rows("objection", "SELECT number FROM objection_case")]
    papers = [
        n for (n,) in books.rows("alerts", "SELECT number FROM escalation_step WHERE number <> ''")
    ]
    yield from more_than_once("number", Counter([*letters, *cases, *papers]))
    yield from _gaps(letters)
    yield from _gaps(cases)


def _gaps(numbers: Collection[str]) -> Iterator[str]:
    given = defaultdict[str, set[int]](set)
    for number in numbers:
        series, _, last = number.removesuffix("号").rpartition("-")
        given[series].add(int(last))
    for series, found in given.items():
        if missing := set(range(1, max(found) + 1)) - found:
            yield f"{series} lacks the numbers {sorted(missing)}"


def every_mail_once(books: Books, mails: Collection[Message]) -> Iterator[str]:
    """What is delivered arrived, each notice under one id; a copy has the id of its first."""
    arrived = defaultdict[str, set[str]](set)
    for mail in mails:
        arrived[str(mail["X-Notice-Id"])].add(str(mail["Message-ID"]))
    for notice, ids in arrived.items():
        if len(ids) > 1:
            yield f"notice {notice} was sent under {len(ids)} ids"
    for (notice,) in books.rows("alerts", "SELECT notice_id FROM notice WHERE state = 'delivered'"):
        if notice not in arrived:
            yield f"notice {notice} is said to be delivered and never arrived"


async def everybody_agrees(client: Client) -> list[str]:
    """`quanheng check` finds nothing, every audit chain verifies, and no event was given up."""
    found = await agreement.check(client, SETTLE_SECONDS)
    faults = [
        f"check: {service} {problem.name} {problem.object} {problem.message_en}"
        for service, problem in found.problems
    ]
    for service, stub in client.operations.items():
        chain = await ask(stub.VerifyAudit(operations.VerifyAuditRequest()))
        faults += [f"audit of {service}: {problem}" for problem in chain.problems]
        dead = await ask(stub.ListDeadLetters(operations.ListDeadLettersRequest()))
        faults += [f"given up in {service}: {letter}" for letter in dead.letters]
    return faults


def broken(books: Books, ledger: Ledger, mails: Collection[Message]) -> list[str]:
    """Every invariant that the databases show broken."""
    return [
        *nothing_lost(books, ledger),
        *nothing_doubled(books, ledger),
        *every_rung_told_once(books),
        *every_term_within_its_cap(books),
        *every_number_once(books),
        *every_mail_once(books, mails),
        *ledger.surprises,
    ]
