"""Logging in, step by step: password, code, new password, second factor to set up; then a token.

Between the steps the person holds a challenge: a signed note of the account and of what was proven,
which ends after ten minutes and with the password that it began with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeTimedSerializer

from law.errors import Fault, InvalidInput, WrongState
from plumbing.change import Change, Changes
from plumbing.clock import Clock
from plumbing.identity import Caller, Role, Unauthenticated
from plumbing.tokens import Signer
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from services.registry.identity import sessions
from services.registry.identity.password_rules import require_good
from services.registry.identity.passwords import Passwords
from services.registry.identity.second_factor import (
    SecondFactors,
    needs_second_factor,
    wrong_code,
)
from services.registry.identity.sessions import Origin
from services.registry.identity.tables import Account
from services.registry.identity.throttle import Throttle

CHALLENGE_SECONDS = 600


def caller_of(account: Account, session_id: str = "") -> Caller:
    """Returns the caller that an account's tokens name: with the roles it has now."""
    roles = frozenset(map(Role, account.roles))
    return Caller(
        account.account_id,
        account.name,
        roles,
        account.bureau,
        account.subject_id,
        session_id=session_id,
        institution=account.institution,
    )


@dataclass(frozen=True)
class Proven:
    """What a challenge notes: the account, its password then, and whether a code was accepted."""

    account_id: str
    password: str
    code: bool = False


@dataclass(frozen=True)
class Logins:
    """Leads people through the steps of a login.

    `factor_roles` are the roles that need a second factor. `machine` is machine time. A login by
    the bureau's own sign-in service lasts `external_life` at most.
    """

    changes: Changes
    passwords: Passwords
    factors: SecondFactors
    codes: Throttle
    signer: Signer
    machine: Clock
    challenges: URLSafeTimedSerializer
    factor_roles: frozenset[str]
    external_life: timedelta

    def opened_after(self, account: Account) -> datetime | None:
        """Returns the moment after which a login must have begun to be renewed now; None for any.

        The bureau's own sign-in service says anew, at each login, which roles its people have.
        """
        return self.machine.now() - self.external_life if account.external else None

    async def begin(self, request: pb.LoginRequest, origin: Origin) -> pb.LoginResponse:
        """Checks name and password; returns a token or the step that comes first."""
        account = await self.passwords.check(request.name, request.password, origin.source)
        if not account.roles:
            zh = "账号的角色还在等待另一位平台管理员批准，请稍后再登录"
            raise WrongState(zh, "The account's roles wait for a second administrator")
        proven = Proven(account.account_id, _mark(account))
        return await self._step(account, proven, pb.ContinueLoginRequest(), origin)

    async def go_on(self, request: pb.ContinueLoginRequest, origin: Origin) -> pb.LoginResponse:
        """Takes a further step; returns a token or the step that comes next.

        Raises Unauthenticated for a challenge that has ended, and InvalidInput for a wrong code or
        a password that is too easy to guess.
        """
        proven = self._proven(request.challenge)
        async with self.changes.database.snapshot() as session:
            account = await session.get(Account, proven.account_id)
        return await self._step(_of(account, proven), proven, request, origin)

    async def account_of(self, challenge: str) -> Account | None:
        """Returns the account of a challenge. Raises Unauthenticated for one that has ended."""
        async with self.changes.database.snapshot() as session:
            return await session.get(Account, self._proven(challenge).account_id)

    def _proven(self, challenge: str) -> Proven:
        try:
            return Proven(*self.challenges.loads(challenge, max_age=CHALLENGE_SECONDS))
        except (BadData, TypeError) as error:
            raise _begin_again() from error

    async def _step(
        self, account: Account, proven: Proven, given: pb.ContinueLoginRequest, origin: Origin
    ) -> pb.LoginResponse:
        new_hash = await self._new_hash(account, given.new_password)
        if given.code:
            await self.codes.require_patience(account.account_id, origin.source)
        try:
            async with self.changes.change(caller_of(account)) as change:
                row = await change.session.get(Account, account.account_id, with_for_update=True)
                step = _Step(self, change, _of(row, proven), proven, origin)
                answer = await step.take(given.code, new_hash)
        except InvalidInput:
            if given.code:
                await self.codes.count(account.account_id, origin.source)
            raise
        if answer.token:
            await self.passwords.know(account, origin.source)
            await self.codes.forget(account.account_id, origin.source)
        return answer

    async def _new_hash(self, account: Account, password: str) -> str:
        """The hash of a new password; empty if none is given. Hashing is slow: it comes first."""
        if not password:
            return ""
        require_good(password, "new_password", account.name, account.email)
        if await self.passwords.matches(account, password):
            zh = "新密码须与现在的密码不同"
            fault = Fault("new_password", zh, "the new password must differ from the present one")
            raise InvalidInput(faults=[fault])
        return await self.passwords.hash(password)

    async def token_for(self, change: Change, account: Account, origin: Origin) -> pb.LoginResponse:
        """Opens a session of an account and returns its token."""
        now = self.machine.now()
        session_id = await sessions.open_session(
            change.session, account.account_id, origin, now, now - self.signer.life
        )
        token, ends = self.signer.issue(caller_of(account, session_id))
        answer = pb.LoginResponse(token=token, account=wire.account(account))
        answer.expires_at.FromDatetime(ends)
        return answer


@dataclass
class _Step:
    """One call of a login, in one transaction."""

    logins: Logins
    change: Change
    account: Account
    proven: Proven
    origin: Origin

    async def take(self, code: str, new_hash: str) -> pb.LoginResponse:
        recovery_codes: list[str] = []
        step = self._next()
        if step == pb.LOGIN_STEP_CODE and code:
            await self._accept(code)
        elif step == pb.LOGIN_STEP_NEW_PASSWORD and new_hash:
            self._set_password(new_hash)
        elif step == pb.LOGIN_STEP_SET_UP_SECOND_FACTOR and code:
            factors, session = self.logins.factors, self.change.session
            recovery_codes = await factors.confirm(session, self.account, code)
            self.proven = replace(self.proven, code=True)
            self._audit("confirm_second_factor")
        answer = await self._answer()
        answer.recovery_codes.extend(recovery_codes)
        return answer

    def _next(self) -> pb.LoginStep.ValueType:
        account = self.account
        if account.second_factor and not self.proven.code:
            return pb.LOGIN_STEP_CODE
        if account.first_password:
            return pb.LOGIN_STEP_NEW_PASSWORD
        if needs_second_factor(account, self.logins.factor_roles) and not account.second_factor:
            return pb.LOGIN_STEP_SET_UP_SECOND_FACTOR
        return pb.LOGIN_STEP_UNSPECIFIED

    async def _accept(self, code: str) -> None:
        if not await self.logins.factors.accepts(self.change.session, self.account, code):
            raise wrong_code()
        self.proven = replace(self.proven, code=True)

    def _set_password(self, new_hash: str) -> None:
        self.account.password_hash, self.account.first_password = new_hash, False
        self.proven = replace(self.proven, password=_mark(self.account))
        self._audit("change_password")

    def _audit(self, action: str) -> None:
        self.change.audit(action, f"account/{self.account.account_id}")

    async def _answer(self) -> pb.LoginResponse:
        logins, step = self.logins, self._next()
        if step == pb.LOGIN_STEP_UNSPECIFIED:
            return await logins.token_for(self.change, self.account, self.origin)
        proven = self.proven
        note = logins.challenges.dumps([proven.account_id, proven.password, proven.code])
        answer = pb.LoginResponse(step=step, challenge=note)
        if step == pb.LOGIN_STEP_SET_UP_SECOND_FACTOR:
            setup = await logins.factors.pending(self.change.session, self.account)
            answer.setup.CopyFrom(setup)
        return answer


def _of(account: Account | None, proven: Proven) -> Account:
    """The account of a challenge, if it is open and its password is still the one proven."""
    if account is None or account.closed or _mark(account) != proven.password:
        raise _begin_again()
    return account


def _mark(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]


def _begin_again() -> Unauthenticated:
    return Unauthenticated("登录已超时，请重新登录", "The login took too long; begin again")
