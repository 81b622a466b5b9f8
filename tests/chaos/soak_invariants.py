"""What must hold of every case after a soak, read from the databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.chaos.case_paths import Ended
from tests.chaos.invariants import Books, more_than_once
from tests.chaos.ledger import Ledger

# The steps that a person takes; what follows from them is not in the ledger.
TAKEN = (
    "lodge",
    "accept",
    "decline",
    "withdraw",
    "request_supplement",
    "supplement",
    "request_extension",
    "approve_extension",
    "decline_extension",
    "ask_recusal",
    "approve_recusal",
    "confirm_condition",
    "decide",
)
# What a case does to a record in the register, by the action in the audit.
EFFECTS = ("withdraw_record", "correct_record", "repair_record", "stop_disclosure")


def broken(books: Books, ledger: Ledger, ended: Iterable[Ended]) -> list[str]:
    """Every invariant of cases that does not hold, in words."""
    expected = list(ended)
    return [
        *_every_case_one_outcome(books, expected),
        *_every_step_once(books, ledger, expected),
        *_every_effect_once(books, expected),
        *_every_letter_once(books),
        *_every_rung_once(books),
    ]


def _every_case_one_outcome(books: Books, expected: list[Ended]) -> Iterator[str]:
    query = "SELECT case_id, state, outcome, settled_at IS NOT NULL FROM objection_case"
    cases = {
        case: (state, outcome or "", settled)
        for case, state, outcome, settled in books.rows("objection", query)
    }
    for one in expected:
        if (found := cases.pop(one.case_id, None)) != (one.state, one.outcome, 1):
            yield f"case {one.case_id} ({one.path}): {found}, not {one.state} {one.outcome}"
    for case, found in cases.items():
        yield f"case {case} was never lodged by anybody: {found}"


def _every_step_once(books: Books, ledger: Ledger, expected: list[Ended]) -> Iterator[str]:
    query = "SELECT case_id, step, COUNT(*) FROM case_step GROUP BY 1, 2"
    taken = {(case, step): times for case, step, times in books.rows("objection", query)}
    told = Counter((one.identity, one.kind) for one in ledger.acknowledged(*TAKEN))
    for (case, step), times in sorted({**told, **{k: 0 for k in taken if k not in told}}.items()):
        if step in TAKEN and taken.get((case, step), 0) != times:
            yield f"{step} of case {case}: {taken.get((case, step), 0)} times, acknowledged {times}"
    closed = {one.case_id for one in expected if one.state == "closed"}
    for case in closed:
        if taken.get((case, "close"), 0) != 1:
            yield f"case {case} was closed {taken.get((case, 'close'), 0)} times"


def _every_effect_once(books: Books, expected: list[Ended]) -> Iterator[str]:
    query = "SELECT record_id, status, contested FROM record"
    records = {
        record: (status, contested) for record, status, contested in books.rows("registry", query)
    }
    for one in expected:
        for record in one.record_ids:
            if (now := records.get(record)) != (one.record_status, 0):
                yield f"record {record} ({one.path}): {now}, not {one.record_status}"
    actions = ", ".join(f"'{action}'" for action in EFFECTS)
    done = (
        "SELECT action || ' ' || object, COUNT(*) FROM audit_entry"  # noqa: S608
        f" WHERE action IN ({actions}) GROUP BY 1"
    )
    yield from more_than_once("effect", books.pairs("registry", done))


def _every_letter_once(books: Books) -> Iterator[str]:
    query = "SELECT case_id || ' ' || title, COUNT(*) FROM case_letter GROUP BY 1"
    yield from more_than_once("letter", books.pairs("objection", query))
    lacking = (
        "SELECT case_id FROM objection_case WHERE state IN ('closed', 'declined')"
        " AND case_id NOT IN (SELECT case_id FROM case_letter)"
    )
    for (case,) in books.rows("objection", lacking):
        yield f"case {case} has its result and no letter"


def _every_rung_once(books: Books) -> Iterator[str]:
    """A case has a step for each reminder that it reached, and no second one."""
    steps = "SELECT case_id, COUNT(*) FROM case_step WHERE step LIKE 'rung%' GROUP BY 1"
    rungs = "SELECT case_id, COUNT(*) FROM reached_rung WHERE rung NOT LIKE 'stuck/%' GROUP BY 1"
    taken, reached = books.pairs("objection", steps), books.pairs("objection", rungs)
    for case in taken.keys() | reached.keys():
        if taken.get(case, 0) != reached.get(case, 0):
            yield f"case {case}: {taken.get(case, 0)} reminders, {reached.get(case, 0)} reached"
