"""Commands on the second factor of one's own account, and of a person who lost the telephone."""

from __future__ import annotations

from law.errors import InvalidInput, NotPermitted, WrongState
from plumbing.change import Change
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from services.registry.identity import accounts
from services.registry.identity.coverage import require_covered
from services.registry.identity.second_factor import SecondFactors, wrong_code
from services.registry.identity.tables import Account

WRONG = InvalidInput  # what a wrong code raises


async def begin(
    change: Change, factors: SecondFactors, checked: Account | None
) -> pb.SecondFactorSetup:
    """Makes a secret for the account `checked`, whose password was just checked.

    Raises NotPermitted if that password was wrong, and WrongState if there is a second factor
    already.
    """
    if checked is None:
        raise accounts.wrong_password()
    return await factors.begin(change.session, await accounts.unchanged(change, checked))


async def confirm(change: Change, factors: SecondFactors, code: str) -> list[str]:
    """Confirms the caller's second factor; returns its recovery codes."""
    account = await accounts.find(change, change.caller.account_id)
    codes = await factors.confirm(change.session, account, code)
    _audit(change, "confirm_second_factor", account)
    return codes


async def renew(change: Change, factors: SecondFactors, code: str) -> list[str]:
    """Replaces the caller's recovery codes; returns the new ones."""
    account = await accounts.find(change, change.caller.account_id)
    _require_factor(account)
    await _require_code(change, factors, account, code)
    _audit(change, "renew_recovery_codes", account)
    return await factors.renew_recovery_codes(change.session, account)


async def remove(
    change: Change, request: pb.RemoveSecondFactorRequest, *, factors: SecondFactors
) -> pb.RemoveSecondFactorResponse:
    """Removes a second factor.

    Raises InvalidInput for a wrong code of the caller's own, NotPermitted for another account
    unless the caller is an administrator in whose scope it is, and WrongState if there is no
    second factor.
    """
    account = await accounts.find(change, request.account_id or change.caller.account_id)
    own = account.account_id == change.caller.account_id
    if not own:
        await _require_governed(change, account)
    _require_factor(account)
    if own:
        await _require_code(change, factors, account, request.code)
    await factors.remove(change.session, account)
    _audit(change, "remove_second_factor", account)
    return pb.RemoveSecondFactorResponse(account=wire.account(account))


async def _require_governed(change: Change, account: Account) -> None:
    if not change.caller.has(Role.ADMINISTRATOR):
        raise NotPermitted("只能取消自己的两步验证", "You may only remove your own second factor")
    await require_covered(change, account.bureau, account.subject_id)


async def _require_code(
    change: Change, factors: SecondFactors, account: Account, code: str
) -> None:
    if not await factors.accepts(change.session, account, code):
        raise wrong_code()


def _require_factor(account: Account) -> None:
    if not account.second_factor:
        raise WrongState("没有设置两步验证", "There is no second factor")


def _audit(change: Change, action: str, account: Account) -> None:
    change.audit(action, f"account/{account.account_id}")
