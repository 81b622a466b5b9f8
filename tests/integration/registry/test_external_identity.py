"""What the claims of the bureau's own sign-in service give: account, roles and bureau."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from law.errors import NotPermitted
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.identity import service_caller
from protos.identity.v1 import identity_pb2 as pb
from services.registry.identity.external import ClaimMapping, account_of
from services.registry.identity.tables import Account
from services.registry.tables import Bureau
from tests.integration.registry.running_registry import DISTRICT, OTHER_DISTRICT, STARTS
from tests.postgres import Databases

CREATE = {
    "accounts": "create",
    "roles": {
        "claim": "realm.groups",
        "values": {"办案": "caseworker", "科长": "unit_head", "运维": "administrator"},
    },
    "bureau": {"claim": "department", "values": {"一分局": DISTRICT, "二分局": OTHER_DISTRICT}},
}


def mapping(**changes: Any) -> ClaimMapping:
    return ClaimMapping.model_validate(CREATE | changes)


@pytest.fixture
async def changes(tmp_path: Path, databases: Databases) -> AsyncIterator[Changes]:
    """The database of a registry with two bureaus."""
    database = await databases.migrated(tmp_path, "registry")
    async with database.transaction() as session:
        session.add_all(Bureau(code=code, name=code) for code in (DISTRICT, OTHER_DISTRICT))
    yield Changes(database, FixedClock(STARTS))
    await database.close()


async def signs_in(
    changes: Changes, by: ClaimMapping, subject: str = "p1", **claims: Any
) -> Account:
    said = {"realm": {"groups": ["办案"]}, "department": "一分局", "name": "合成人员"} | claims
    request = pb.LoginExternalRequest(
        issuer="https://sso.example", subject=subject, claims_json=json.dumps(said)
    )
    async with changes.change(service_caller("portal")) as change:
        return await account_of(change, request, by)


async def test_the_first_login_creates_an_account_and_later_ones_follow_the_claims(
    changes: Changes,
) -> None:
    first = await signs_in(changes, mapping(), preferred_username="Zhang.San")
    assert (first.name, first.roles, first.bureau) == ("zhang.san", ["caseworker"], DISTRICT)
    assert (first.external, first.password_hash) == (True, "")
    moved: dict[str, Any] = {"realm": {"groups": ["科长", "食堂"]}, "department": "二分局"}
    later = await signs_in(changes, mapping(), **moved)
    assert later.account_id == first.account_id
    assert (later.roles, later.bureau) == (["unit_head"], OTHER_DISTRICT)
    second = await signs_in(changes, mapping(), "p2", preferred_username="zhang.san")
    assert second.account_id != first.account_id
    assert second.name.startswith("sso-")


@pytest.mark.parametrize(
    "claims",
    [
        {"realm": {"groups": ["食堂"]}},
        {"realm": {}},
        {"realm": "办案"},
        {"department": "别处"},
        {"department": ["一分局", "二分局"]},
        {"realm": {"groups": ["办案", "运维"]}},
    ],
)
async def test_unknown_values_give_nothing(changes: Changes, claims: dict[str, Any]) -> None:
    with pytest.raises(NotPermitted):
        await signs_in(changes, mapping(), **claims)


async def test_an_account_is_bound_once_by_a_verified_mail_address(changes: Changes) -> None:
    async with changes.database.transaction() as session:
        session.add(
            Account(
                account_id="a1",
                name="li.si",
                display_name="合成人员",
                roles=["caseworker"],
                bureau=DISTRICT,
                password_hash="x",
                email="li@bureau.example",
                created_at=STARTS,
            )
        )
    bind, mail = mapping(accounts="bind"), {"email": "li@bureau.example"}
    with pytest.raises(NotPermitted):
        await signs_in(changes, bind, **mail, email_verified=False)
    bound = await signs_in(changes, bind, **mail, email_verified=True)
    assert (bound.account_id, bound.external, bound.password_hash) == ("a1", True, "")
    with pytest.raises(NotPermitted):  # another person with the same address
        await signs_in(changes, bind, "p2", **mail, email_verified=True)
    assert (await signs_in(changes, bind)).account_id == "a1"


@pytest.mark.parametrize(
    "change",
    [
        {"accounts": "anything"},
        {"roles": {"claim": "groups", "values": {"x": "operator"}}},
        {"roles": {"claim": "groups", "values": {"x": "emperor"}}},
        {"more": 1},
    ],
)
def test_a_faulty_mapping_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        mapping(**change)
