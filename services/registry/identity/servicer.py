"""The gRPC service for logging in and for accounts."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import structlog

from plumbing.change import Changes
from plumbing.identity import Caller, Role, Unauthenticated, current_caller, service_caller
from plumbing.servicer import Servicer, change, query
from plumbing.tokens import Signer
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1 import identity_pb2_grpc as rpc
from services.registry import queries, wire
from services.registry.identity import accounts
from services.registry.identity.passwords import Passwords
from services.registry.tables import Account

log = structlog.get_logger()


# A person at the portal who has not signed in.
VISITOR = Caller("visitor", "visitor", frozenset({Role.PUBLIC}))


def _caller(account: Account) -> Caller:
    """An account as its tokens name it: with the roles it has now."""
    roles = frozenset(map(Role, account.roles))
    return Caller(account.account_id, account.name, roles, account.bureau, account.subject_id)


class IdentityServicer(Servicer, rpc.IdentityServiceServicer):
    """Issues tokens and manages accounts. `secrets` has the secret of each service, by its name."""

    register = rpc.add_IdentityServiceServicer_to_server

    def __init__(
        self, changes: Changes, passwords: Passwords, signer: Signer, secrets: Mapping[str, str]
    ) -> None:
        super().__init__(changes)
        self._passwords, self._signer, self._secrets = passwords, signer, secrets

    async def Login(self, request: pb.LoginRequest, context: Any) -> pb.LoginResponse:
        account = await self._passwords.check(request.name, request.password)
        token, ends = self._signer.issue(_caller(account))
        log.info("identity.login", account=account.account_id)
        answer = pb.LoginResponse(token=token, account=wire.account(account))
        answer.expires_at.FromDatetime(ends)
        return answer

    async def LoginService(
        self, request: pb.LoginServiceRequest, context: Any
    ) -> pb.LoginServiceResponse:
        secret = self._secrets.get(request.service, "")
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
        async with self.view() as view:
            account = await queries.open_account(view)
        token, ends = self._signer.issue(_caller(account))
        answer = pb.RenewTokenResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer

    GetCaller = query(queries.get_caller)

    async def CreateAccount(
        self, request: pb.CreateAccountRequest, context: Any
    ) -> pb.CreateAccountResponse:
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
        try:
            checked = await self._passwords.check(current_caller().name, request.old_password)
        except Unauthenticated:
            checked = None  # the command refuses it, unless this repeats a change that was made
        hashed = await self._passwords.hash(request.new_password)
        return await self.once(
            request, accounts.change_password, checked=checked, password_hash=hashed
        )
