"""Proposals of before, decided or not, no longer have whole how an expert is reached."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import migrations
from protos.registry.v1.people_pb2 import PutQualificationRequest, Qualification
from services.registry.tables import Proposal
from tests.evolution.conftest import Open
from tests.postgres import Databases

CONTACT = "0571-87654321"
LATER = {"institution", "basis"}  # columns of later releases


def filed(number: str, act: str, state: str) -> Proposal:
    """A proposal as the release with the migration 0052 filed it."""
    expert = Qualification(kind="expert", number=number, contact=CONTACT, consent="书面同意")
    of = {"name": "合成专家甲", "contact": CONTACT}
    return Proposal(
        proposal_id=number,
        act=act,
        request_type=PutQualificationRequest.DESCRIPTOR.full_name,
        request=PutQualificationRequest(qualification=expert).SerializeToString(),
        object=f"qualification/{number}",
        subject_id="",
        bureau="330106",
        state=state,
        ground="书面同意",
        changes=[{"field": name, "before": "", "after": after} for name, after in of.items()],
        base_version=1,
        proposed_by="account",
        proposed_at=datetime(2026, 11, 30, tzinfo=UTC),
    )


def as_it_was() -> sa.Table:
    """The table of proposals with the columns of then."""
    columns = Proposal.__table__.columns  # type: ignore[attr-defined]
    then = (sa.Column(one.name, one.type) for one in columns if one.name not in LATER)
    return sa.Table("proposal", sa.MetaData(), *then)


async def test_proposals_of_before_lose_the_contact(
    either: Databases, tmp_path: Path, opened: Open
) -> None:
    database = opened(either.url(tmp_path, "registry"))
    await migrations.upgrade(database, "registry", "0053")
    async with database.engine.begin() as connection:
        rows = [
            filed("1", "show_expert", "waiting"),
            filed("2", "show_expert", "released"),
            filed("3", "show_institution", "released"),
        ]
        values = [row.model_dump(exclude=LATER) for row in rows]
        await connection.execute(sa.insert(as_it_was()), values)
    await migrations.upgrade(database, "registry")
    async with database.snapshot() as session:
        kept = (await session.exec(select(Proposal).order_by(col(Proposal.proposal_id)))).all()
    for row in kept[:2]:
        request = PutQualificationRequest.FromString(row.request).qualification
        assert (request.number, request.contact) == (row.proposal_id, "")
        assert request.consent == "书面同意"
        assert [one["after"] for one in row.changes] == ["合成专家甲", "05****21"]
    assert CONTACT.encode() in kept[2].request, "no proposal about an expert"
