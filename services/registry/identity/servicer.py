"""The gRPC service for logging in and for accounts."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog

from law.errors import NotPermitted, WrongState
from plumbing.access.told import SignIn, signing_in
from plumbing.change import Changes
from plumbing.identity import Caller, Role, Unauthenticated, current_caller, service_caller
from plumbing.servicer import Servicer, change, query
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1 import identity_pb2_grpc as rpc
from services.registry import queries
from services.registry.identity import (
    absences,
    accounts,
    colleagues,
    external,
    factor_commands,
    links,
    registrations,
    sessions,
)
from services.registry.identity.doors import Doors
from services.registry.identity.login import caller_of
from services.registry.identity.origin import origin_of
from services.registry.identity.password_rules import require_good
from services.registry.identity.tables import Account
from services.registry.identity.throttle import Throttle

log = structlog.get_logger()

# A person at the portal who has not signed in.
VISITOR = Caller("visitor", "visitor", frozenset({Role.PUBLIC}))
# What tells nobody whether an account exists takes at least this long, account or none.
LEAST_SECONDS = 0.3


class IdentityServicer(Servicer, rpc.IdentityServiceServicer):
    """Issues tokens and manages accounts."""

    register = rpc.add_IdentityServiceServicer_to_server

    def __init__(self, changes: Changes, doors: Doors) -> None:
        super().__init__(changes)
        self._doors, self._logins = doors, doors.logins
        self._passwords, self._signer = doors.logins.passwords, doors.logins.signer

    async def Login(self, request: pb.LoginRequest, context: Any) -> pb.LoginResponse:
        told = signing_in(request.name)
        tell(told, await self._passwords.find(request.name))
        answer = await self._logins.begin(request, origin_of(current_caller(), context))
        return _noted(answer, told)

    async def ContinueLogin(
        self, request: pb.ContinueLoginRequest, context: Any
    ) -> pb.LoginResponse:
        told = signing_in()
        tell(told, await self._logins.account_of(request.challenge))
        answer = await self._logins.go_on(request, origin_of(current_caller(), context))
        return _noted(answer, told)

    async def LoginExternal(
        self, request: pb.LoginExternalRequest, context: Any
    ) -> pb.LoginResponse:
        mapping, caller, told = self._doors.mapping, current_caller(), signing_in()
        if mapping is None or request.issuer != self._doors.issuer:
            zh = "平台没有启用这个统一身份认证"
            raise WrongState(zh, "The platform does not use this sign-in service")
        try:
            async with self.changes.change(caller) as changing:
                account = await external.account_of(changing, request, mapping)
                tell(told, account)
                origin = origin_of(caller, context)
                return _noted(await self._logins.token_for(changing, account, origin), told)
        except NotPermitted:
            async with self.changes.change(caller) as changing:
                await external.withdraw(changing, request)
            raise

    async def LoginService(
        self, request: pb.LoginServiceRequest, context: Any
    ) -> pb.LoginServiceResponse:
        secret = self._doors.secrets.get(request.service, "")
        if not hmac.compare_digest(secret.encode(), request.secret.encode()):
            raise Unauthenticated("服务密钥不正确", "The service's secret is wrong")
        token, ends = self._signer.issue(service_caller(request.service))
        answer = pb.LoginServiceResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer

    async def LoginVisitor(
        self, request: pb.LoginVisitorRequest, context: Any
    ) -> pb.LoginVisitorResponse:
        token, ends = self._signer.issue(VISITOR)
        answer = pb.LoginVisitorResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer

    async def RenewToken(
        self, request: pb.RenewTokenRequest, context: Any
    ) -> pb.RenewTokenResponse:
        session_id = current_caller().session_id
        async with self.changes.change(current_caller()) as changing:
            account = await queries.open_account(changing, lock=True)
            if session_id:
                opened_after = self._logins.opened_after(account)
                now = self._logins.machine.now()
                await sessions.renew(changing.session, session_id, now, opened_after)
            token, ends = self._signer.issue(caller_of(account, session_id))
        answer = pb.RenewTokenResponse(token=token, subject_id=account.subject_id)
        answer.expires_at.FromDatetime(ends)
        return answer

    GetCaller = query(queries.get_caller)
    ListSessions = query(sessions.list_sessions)
    EndSession = change(sessions.end_session)
    GetEndedSessions = query(sessions.get_ended_sessions)

    async def CreateAccount(
        self, request: pb.CreateAccountRequest, context: Any
    ) -> pb.CreateAccountResponse:
        require_good(request.password, "password", request.name, request.email)
        hashed = await self._passwords.hash(request.password)
        return await self.once(request, accounts.create_account, password_hash=hashed)

    GetAccount = query(queries.get_account)
    ChangeAccount = change(accounts.change_account)
    ListAccounts = query(queries.list_accounts)
    NameAccounts = query(queries.name_accounts)
    CloseAccount = change(accounts.close_account)

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: Any
    ) -> pb.ChangePasswordResponse:
        require_good(request.new_password, "new_password", current_caller().name)
        checked = await self._checked(request.old_password, context)
        hashed = await self._passwords.hash(request.new_password)
        return await self.once(
            request, accounts.change_password, checked=checked, password_hash=hashed
        )

    async def SetContact(
        self, request: pb.SetContactRequest, context: Any
    ) -> pb.SetContactResponse:
        checked = await self._checked(request.password, context)
        return await self.once(request, accounts.set_contact, checked=checked)

    async def BeginSecondFactor(
        self, request: pb.BeginSecondFactorRequest, context: Any
    ) -> pb.BeginSecondFactorResponse:
        checked = await self._checked(request.password, context)
        async with self.changes.change(current_caller()) as changing:
            setup = await factor_commands.begin(changing, self._logins.factors, checked)
        return pb.BeginSecondFactorResponse(setup=setup)

    async def ConfirmSecondFactor(
        self, request: pb.ConfirmSecondFactorRequest, context: Any
    ) -> pb.ConfirmSecondFactorResponse:
        async with self._guarded_code(context), self.changes.change(current_caller()) as changing:
            codes = await factor_commands.confirm(changing, self._logins.factors, request.code)
        return pb.ConfirmSecondFactorResponse(recovery_codes=codes)

    async def RenewRecoveryCodes(
        self, request: pb.RenewRecoveryCodesRequest, context: Any
    ) -> pb.RenewRecoveryCodesResponse:
        async with self._guarded_code(context), self.changes.change(current_caller()) as changing:
            codes = await factor_commands.renew(changing, self._logins.factors, request.code)
        return pb.RenewRecoveryCodesResponse(recovery_codes=codes)

    async def RemoveSecondFactor(
        self, request: pb.RemoveSecondFactorRequest, context: Any
    ) -> pb.RemoveSecondFactorResponse:
        async with self._guarded_code(context):
            return await self.once(request, factor_commands.remove, factors=self._logins.factors)

    async def RequestPasswordLink(
        self, request: pb.RequestPasswordLinkRequest, context: Any
    ) -> pb.RequestPasswordLinkResponse:
        origin = origin_of(current_caller(), context)
        await self._count(self._doors.mails, request.name, origin.source)
        async with _no_sooner(), self.changes.change(service_caller("registry")) as changing:
            await links.request(changing, request, self._doors.links)
        return pb.RequestPasswordLinkResponse()

    async def SendPasswordLink(
        self, request: pb.SendPasswordLinkRequest, context: Any
    ) -> pb.SendPasswordLinkResponse:
        return await self.once(request, accounts.send_password_link, links=self._doors.links)

    GetPasswordLink = query(links.password_link)

    async def SetPasswordByLink(
        self, request: pb.SetPasswordByLinkRequest, context: Any
    ) -> pb.SetPasswordByLinkResponse:
        async with self.view() as view:
            _, account = await links.find(view.session, request.token, view.at)
        require_good(request.new_password, "new_password", account.name, account.email)
        hashed = await self._passwords.hash(request.new_password)
        async with self.changes.change(caller_of(account)) as changing:
            return await links.set_password(changing, request, password_hash=hashed)

    async def GetMailedToken(
        self, request: pb.GetMailedTokenRequest, context: Any
    ) -> pb.GetMailedTokenResponse:
        async with self.view() as view:
            return await self._doors.links.mailed_token(view, request)

    async def RegisterOperator(
        self, request: pb.RegisterOperatorRequest, context: Any
    ) -> pb.RegisterOperatorResponse:
        origin = origin_of(current_caller(), context)
        code = request.credit_code.upper()
        await self._doors.applications.require_patience(code, origin.source)
        async with _no_sooner():
            command = registrations.register
            answer = await self.once(request, command, links=self._doors.links)
        await self._doors.applications.count(code, origin.source)
        return answer

    ListRegistrations = query(registrations.list_registrations)
    GetRegistration = query(registrations.get_registration)

    async def ConfirmRegistration(
        self, request: pb.ConfirmRegistrationRequest, context: Any
    ) -> pb.ConfirmRegistrationResponse:
        hashed = ""
        if request.first_password:
            require_good(request.first_password, "first_password")
            hashed = await self._passwords.hash(request.first_password)
        return await self.once(
            request, registrations.confirm, links=self._doors.links, password_hash=hashed
        )

    RejectRegistration = change(registrations.reject)
    ListColleagues = query(colleagues.list_colleagues)

    async def InviteColleague(
        self, request: pb.InviteColleagueRequest, context: Any
    ) -> pb.InviteColleagueResponse:
        return await self.once(request, colleagues.invite, links=self._doors.links)

    RemoveColleague = change(colleagues.remove)
    SetAbsence = change(absences.set_absence)
    EndAbsence = change(absences.end_absence)
    ListAbsences = query(absences.list_absences)
    ListUnitPeople = query(absences.list_people)

    async def _checked(self, password: str, context: Any) -> Account | None:
        """The caller's own account, if it is its password.

        The command refuses None, unless the call repeats a change that was made.
        """
        caller = current_caller()
        source = origin_of(caller, context).source
        try:
            return await self._passwords.check(caller.name, password, source)
        except Unauthenticated:
            return None

    async def _count(self, throttle: Throttle, name: str, source: str) -> None:
        await throttle.require_patience(name, source)
        await throttle.count(name, source)

    @asynccontextmanager
    async def _guarded_code(self, context: Any) -> AsyncIterator[None]:
        """Counts wrong codes of the caller, so that nobody guesses them."""
        caller, codes = current_caller(), self._logins.codes
        source = origin_of(caller, context).source
        await codes.require_patience(caller.account_id, source)
        try:
            yield
        except factor_commands.WRONG:
            await codes.count(caller.account_id, source)
            raise


def tell(told: SignIn, account: Account | None) -> None:
    """Tells the access log whose account somebody tries to sign in with."""
    if account is not None:
        told.name, told.account_id = account.name, account.account_id
        told.roles, told.bureau = tuple(account.roles), account.bureau


def _noted(answer: pb.LoginResponse, told: SignIn) -> pb.LoginResponse:
    told.ended = bool(answer.token)
    if answer.token:
        log.info("identity.login", account=answer.account.account_id)
    return answer


@asynccontextmanager
async def _no_sooner() -> AsyncIterator[None]:
    """Takes at least a set time, whatever is done meanwhile."""
    ends = time.monotonic() + LEAST_SECONDS
    yield
    await asyncio.sleep(max(0.0, ends - time.monotonic()))
