"""The second factor of a login: codes that change every 30 seconds (RFC 6238), made by a program.

A code counts once. Recovery codes stand in for it, each once. The secret is encrypted, and nobody
can read it after it was confirmed. Time is machine time, since it must agree with the program's.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyotp
import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput, WrongState
from plumbing.clock import Clock
from protos.identity.v1 import identity_pb2 as pb
from services.registry.identity.tables import Account, RecoveryCode, SecondFactor
from services.registry.identity.vault import Vault

PERIOD_SECONDS = 30
EARLIER_AND_LATER = (-1, 0, 1)  # steps by which a telephone's clock may differ
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class SecondFactors:
    """Sets up, confirms and checks second factors; every method acts in the caller's transaction.

    `portal_url` names the platform in the program that makes the codes.
    """

    vault: Vault
    clock: Clock
    portal_url: str

    async def begin(self, session: AsyncSession, account: Account) -> pb.SecondFactorSetup:
        """Makes a new secret for an account; it counts only once it is confirmed.

        Raises WrongState if the account has a second factor already.
        """
        if account.second_factor:
            raise WrongState("已设置两步验证", "There is a second factor already")
        secret = pyotp.random_base32()
        sealed = self.vault.seal(account.account_id, secret)
        await session.merge(SecondFactor(account_id=account.account_id, sealed_secret=sealed))
        return self._setup(account, secret)

    async def pending(self, session: AsyncSession, account: Account) -> pb.SecondFactorSetup:
        """Returns the secret that waits for its confirmation; makes one if there is none."""
        row = await session.get(SecondFactor, account.account_id)
        if row is None or row.confirmed_at is not None:
            return await self.begin(session, account)
        return self._setup(account, self.vault.open(account.account_id, row.sealed_secret))

    async def confirm(self, session: AsyncSession, account: Account, code: str) -> list[str]:
        """Confirms the pending secret by a code that it makes now; returns new recovery codes.

        Raises InvalidInput for a wrong code, and WrongState if no secret waits.
        """
        row = await session.get(SecondFactor, account.account_id, with_for_update=True)
        if row is None or account.second_factor:
            raise WrongState("没有待确认的两步验证", "No second factor waits for confirmation")
        step = self._step_of(row, code)
        if step is None:
            raise wrong_code()
        row.confirmed_at, row.last_step = self.clock.now(), step
        account.second_factor = True
        return await self.renew_recovery_codes(session, account)

    async def accepts(self, session: AsyncSession, account: Account, code: str) -> bool:
        """Returns whether a code, or a recovery code, counts now; each counts only once."""
        row = await session.get(SecondFactor, account.account_id, with_for_update=True)
        if row is None or row.confirmed_at is None:
            return False
        step = self._step_of(row, code)
        if step is not None:
            row.last_step = step
            return True
        return await self._used_recovery_code(session, account, code)

    async def remove(self, session: AsyncSession, account: Account) -> None:
        """Removes the second factor of an account with its recovery codes."""
        own = account.account_id
        await session.exec(sa.delete(RecoveryCode).where(col(RecoveryCode.account_id) == own))
        await session.exec(sa.delete(SecondFactor).where(col(SecondFactor.account_id) == own))
        account.second_factor = False

    async def renew_recovery_codes(self, session: AsyncSession, account: Account) -> list[str]:
        """Replaces the recovery codes of an account; returns the new ones, which are kept nowhere.

        The database has only their keyed hashes.
        """
        own = account.account_id
        await session.exec(sa.delete(RecoveryCode).where(col(RecoveryCode.account_id) == own))
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        session.add_all(
            RecoveryCode(account_id=own, code_hash=self.vault.code_hash(own, _plain(code)))
            for code in codes
        )
        return codes

    async def _used_recovery_code(self, session: AsyncSession, account: Account, code: str) -> bool:
        hashed = self.vault.code_hash(account.account_id, _plain(code))
        row = await session.get(RecoveryCode, (account.account_id, hashed), with_for_update=True)
        if row is None:
            return False
        await session.delete(row)
        return True

    def _step_of(self, row: SecondFactor, code: str) -> int | None:
        """The time step of a code; None for a wrong code and for one that was used before."""
        totp = pyotp.TOTP(self.vault.open(row.account_id, row.sealed_secret))
        now = int(self.clock.now().timestamp()) // PERIOD_SECONDS
        given = _plain(code)
        for step in (now + offset for offset in EARLIER_AND_LATER):
            right = totp.generate_otp(step)
            if step > row.last_step and hmac.compare_digest(right.encode(), given.encode()):
                return step
        return None

    def _setup(self, account: Account, secret: str) -> pb.SecondFactorSetup:
        platform = f"权衡 {urlsplit(self.portal_url).hostname or ''}".strip()
        uri = pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=platform)
        return pb.SecondFactorSetup(uri=uri, secret=secret)


def wrong_code() -> InvalidInput:
    """Returns the error for a code that does not count, or that was used before."""
    zh = "验证码不正确或已用过，请输入下一个"
    fault = Fault("code", zh, "the code is wrong or was used already; enter the next one")
    return InvalidInput(faults=[fault])


def needs_second_factor(account: Account, roles: frozenset[str]) -> bool:
    """Returns whether one of the account's roles is among those that need a second factor."""
    return not account.external and not roles.isdisjoint(account.roles)


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _plain(code: str) -> str:
    return code.lower().replace(" ", "").replace("-", "")
