"""How the parts of an instrument stand: the last result of each nozzle, channel or phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from law.colours import parts
from law.colours.basis import colour_basis
from law.colours.rule import InstrumentState, VerificationFact, VerificationResult
from protos.registry.v1 import registry_pb2 as pb
from services.registry.red_alerts import fact_of
from services.registry.tables import Instrument, Verification


def standings(
    row: Instrument, in_order: Sequence[Verification], today: date
) -> list[pb.PartStanding]:
    """Returns how each part of an instrument stands, in the order of their names.

    `in_order` are its verifications that decide a colour, as they were recorded. The list is empty
    for an instrument without parts.
    """
    facts = [*map(fact_of, in_order)]
    found = []
    for name in parts.names_of(row.parts, facts):
        state = parts.state_of(name, row.parts)
        both = row.state if state is InstrumentState.IN_USE else state
        own = parts.concerning(name, facts)
        basis = colour_basis(
            *(row.type_code, both, row.rotate_on, [_whole(fact) for fact in own]),
            on=today,
            compulsory=not row.non_compulsory_ground,
        )
        one = pb.PartStanding(name=name, state=state.value, colour=basis.colour(today).value)
        one.verification_id = basis.governing_id
        one.result = basis.last_result.value if basis.last_result else ""
        one.verified_on = basis.since.isoformat() if basis.since else ""
        one.valid_until = basis.valid_until.isoformat() if basis.valid_until else ""
        found.append(one)
    return found


def _whole(fact: VerificationFact) -> VerificationFact:
    """A result of a part as that of an instrument, which the part is taken for here."""
    return replace(fact, part="")


def order_of_a_day(row: Verification) -> tuple[date, bool, str]:
    """Returns the key by which verifications are put in the order in which they decide.

    The register does not know which of a day was recorded last; here the stricter one governs.
    """
    return row.verified_on, row.result is not VerificationResult.PASS, row.verification_id
