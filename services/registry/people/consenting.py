"""A second person confirms what is shown to others of an institution or expert: S1 20, D-16."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.masking import masked
from protos.registry.v1 import people_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry.commands.targets import require_version
from services.registry.people.access import find
from services.registry.people.contacts import audited
from services.registry.people.content import QualificationContent
from services.registry.people.tables import Qualification
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.tables import Proposal

# What others see of a calibration institution or of an expert.
_SHOWN = ("name", "number", "scope", "institution", "contact", "valid_from", "valid_until")


def becomes_public(row: Qualification | None, content: QualificationContent) -> bool:
    """Returns whether content shows of an institution or expert to others what was not shown.

    That is the institution or expert, or a new value of one that is shown. Erasing a contact shows
    nothing new.
    """
    if not is_shown(content):
        return False
    if row is None or not is_shown(row):
        return True
    names = [name for name in _SHOWN if name != "contact" or content.contact]
    return any(getattr(row, name) != getattr(content, name) for name in names)


def is_shown(one: Qualification | QualificationContent) -> bool:
    """Returns whether others may see it: one that consented and has not ended."""
    return one.kind.shown_by is not None and bool(one.consent) and not one.ended_ground


async def propose_consent(
    change: Change, request: pb.PutQualificationRequest, row: Qualification
) -> proposals.Proposal:
    """Proposes that a saved institution or expert is shown, with how they consented.

    Raises WrongState if that waits already.
    """
    await change.session.flush()
    consent, act = request.qualification.consent.strip(), row.kind.shown_by
    assert act is not None  # noqa: S101 - `becomes_public` said so
    what = Proposed(
        act=act,
        object=f"qualification/{row.qualification_id}",
        version=row.version,
        bureau=row.bureau,
        ground=consent,
        before={},
        after={"name": row.name, "number": row.number, **_reached(row), "consent": consent},
    )
    # What is released is the consent; how the expert is reached stays on file alone.
    filed = pb.PutQualificationRequest()
    filed.CopyFrom(request)
    filed.qualification.ClearField("contact")
    return await propose(change, filed, what)


def _reached(row: Qualification) -> dict[str, str]:
    return {"contact": masked(row.contact)} if row.contact else {}


async def release_consent(
    change: Change, request: pb.PutQualificationRequest, proposal: Proposal
) -> None:
    """Enters the consent that a second person releases.

    Raises WrongState if the qualification has changed since.
    """
    row = await find(change, object_id(proposal), lock=True)
    require_version(row.version, proposal.base_version)
    before = audited(row)
    row.consent = request.qualification.consent.strip()
    row.version += 1
    change.session.add(row)
    object_, after = f"qualification/{row.qualification_id}", audited(row)
    change.audit(
        *("put_qualification", object_),
        before=before,
        after=after,
        ground=row.consent,
        bureau=row.bureau,
    )
