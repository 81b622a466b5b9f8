"""A second person confirms that a calibration institution is shown to the public: S1 20, D-16."""

from __future__ import annotations

from law.people import QualificationKind
from law.separation import Act
from plumbing.change import Change
from protos.registry.v1 import people_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry.commands.targets import require_version
from services.registry.people.access import find
from services.registry.people.content import QualificationContent
from services.registry.people.tables import Qualification
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.tables import Proposal


def becomes_public(row: Qualification | None, content: QualificationContent) -> bool:
    """Returns whether content shows a calibration institution to the public that was not shown."""
    if content.kind is not QualificationKind.CALIBRATION_INSTITUTION:
        return False
    was = row is not None and _shown(row.consent, row.ended_ground)
    return _shown(content.consent, content.ended_ground) and not was


def _shown(consent: str, ended_ground: str) -> bool:
    return bool(consent) and not ended_ground


async def propose_consent(
    change: Change, request: pb.PutQualificationRequest, row: Qualification
) -> proposals.Proposal:
    """Proposes that a saved institution is shown, with how it consented.

    Raises WrongState if that waits already.
    """
    await change.session.flush()
    consent = request.qualification.consent.strip()
    what = Proposed(
        act=Act.SHOW_INSTITUTION,
        object=f"qualification/{row.qualification_id}",
        version=row.version,
        bureau=row.bureau,
        ground=consent,
        before={},
        after={"name": row.name, "number": row.number, "consent": consent},
    )
    return await propose(change, request, what)


async def release_consent(
    change: Change, request: pb.PutQualificationRequest, proposal: Proposal
) -> None:
    """Enters the consent that a second person releases.

    Raises WrongState if the qualification has changed since.
    """
    row = await find(change, object_id(proposal), lock=True)
    require_version(row.version, proposal.base_version)
    before = row.model_dump(mode="json")
    row.consent = request.qualification.consent.strip()
    row.version += 1
    change.session.add(row)
    object_, after = f"qualification/{row.qualification_id}", row.model_dump(mode="json")
    change.audit(
        *("put_qualification", object_),
        before=before,
        after=after,
        ground=row.consent,
        bureau=row.bureau,
    )
