"""The parts of an instrument that have results of their own: nozzles, channels, phases.

A fuel dispenser is filed once, and each of its nozzles passes or fails for itself (R-061). S4
四(一) knows only the instrument: it is as its worst part in use is. A part that is sealed out of
use does not count, and a result of the whole instrument counts for each of its parts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from law.colours.rule import InstrumentState, VerificationFact, VerificationResult

_FROM_THE_WORST = (
    *(VerificationResult.PENDING, VerificationResult.REJECT, VerificationResult.REPAIRED),
    VerificationResult.PASS,
)
Parts = Sequence[Mapping[str, str]] | None  # each with `name` and `state`, as it is registered


def names_of(parts: Parts, verifications: Sequence[VerificationFact]) -> list[str]:
    """Returns the names of the parts that are registered or that a verification names."""
    named = {fact.part for fact in verifications if fact.part}
    return sorted({*named, *(part["name"] for part in parts or ())}, key=in_order)


def in_order(name: str) -> tuple[int, str]:
    """Returns the key by which names of parts are put in order: 2 comes before 10."""
    return len(name), name


def state_of(name: str, parts: Parts) -> InstrumentState:
    """Returns the state of a part; one whose state nobody gave is in use."""
    states = {part["name"]: part["state"] for part in parts or ()}
    return InstrumentState(states.get(name, InstrumentState.IN_USE))


def with_state(parts: Parts, name: str, state: InstrumentState) -> list[dict[str, str]]:
    """Returns the registered parts with the state of one of them set, in the order of their names.

    A part that was not registered is added.
    """
    others = [dict(part) for part in parts or () if part["name"] != name]
    changed = [*others, {"name": name, "state": state.value}]
    return sorted(changed, key=lambda part: in_order(part["name"]))


def concerning(name: str, verifications: Sequence[VerificationFact]) -> Sequence[VerificationFact]:
    """Returns the verifications of a part: its own ones and those of the whole instrument."""
    return [fact for fact in verifications if fact.part in ("", name)]


def overlap(one: str, other: str) -> bool:
    """Returns whether results of two parts, or of the whole instrument, concern the same part."""
    return one == other or not one or not other


def mildness(result: VerificationResult) -> int:
    """Returns how mild a result is; 0 for a pending one, which changes nothing."""
    return _FROM_THE_WORST.index(result)


def severest(results: Collection[VerificationResult]) -> VerificationResult:
    """Returns the most severe of several results; a pending one only if there is no other."""
    decided = [one for one in results if one is not VerificationResult.PENDING]
    return min(decided, key=mildness, default=VerificationResult.PENDING)
