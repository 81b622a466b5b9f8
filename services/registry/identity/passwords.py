"""Passwords: hashed with argon2, and protected against guessing.

A name without an account is treated like any other: the same amount of work, the same count of
wrong passwords, the same errors. The right password from an address that is known of the account is
never refused, whatever others try; wrong ones from there are answered later each time.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlmodel import col, select

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.identity import Unauthenticated
from plumbing.settings import Settings
from plumbing.turns import Turns
from services.registry.identity.tables import Account
from services.registry.identity.throttle import SIGN_IN, KnownSources, Throttle

# Each hash takes 64 MiB; a flood of logins must not use up the machine's memory.
HASHES_AT_ONCE, HASHES_OF_ONE_SOURCE, HASHES_WAITING = 2, 10, 40
LONGEST_DELAY = 4.0  # seconds, less than a call may take
Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")


def hasher_of(settings: Settings) -> PasswordHasher:
    """Returns the hasher of a platform.

    A sandbox hashes at little cost: its accounts are synthetic, and its pages offer to sign in as
    any of them.
    """
    if settings.sandbox:
        return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    return PasswordHasher()


class Passwords:
    """Hashes passwords and checks them against accounts."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        hasher: PasswordHasher,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._database, self._sleep = database, sleep
        self._throttle = Throttle(database, clock, "password", SIGN_IN)
        self._known = KnownSources(database, clock)
        self._hasher = hasher
        self._unknown_hash = self._hasher.hash(secrets.token_urlsafe(16))
        # Threads of their own, so that a flood of logins keeps no other work from its thread.
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, "hashing")
        self._turns = Turns(HASHES_AT_ONCE, of_one=HASHES_OF_ONE_SOURCE, waiting=HASHES_WAITING)
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def hash(self, password: str) -> str:
        """Returns the salted argon2 hash of a password. Raises Busy if too many hashes wait."""
        async with self._turns.take(None):
            return await self._in_thread(self._hasher.hash, password)

    async def check(self, name: str, password: str, source: str = "") -> Account:
        """Returns the open account with this name, or mail address, and password.

        `source` is the network address from which the password came. Raises Unauthenticated if
        there is no such account, WrongState while an address that is not known of the account has
        to wait after wrong passwords, and Busy if too many hashes wait.
        """
        # One try at a time for each name and address, so that a hundred at once are all counted.
        lock = self._locks.setdefault((name, source), asyncio.Lock())
        async with lock:
            async with self._turns.take(source):
                account, known, right = await self._try(name, password, source)
            if account is None or not right:
                await self._delay(name, source, known=known)
                raise Unauthenticated("用户名或密码不正确", "The name or the password is wrong")
            return account

    async def _try(
        self, name: str, password: str, source: str
    ) -> tuple[Account | None, bool, bool]:
        """The account of a name, whether it is known at the source, and whether all is right."""
        account = await self.find(name)
        known = account is not None and await self._known.has(account.account_id, source)
        if not known:
            await self._throttle.require_patience(name, source)
        right = await self._is_right(account, password)
        if right:
            await self._throttle.forget(name, source)
        else:
            await self._throttle.count(name, source)
        return account, known, right

    async def know(self, account: Account, source: str) -> None:
        """Notes that an account has signed in completely from a network address."""
        await self._known.note(account.account_id, source)

    async def matches(self, account: Account | None, password: str) -> bool:
        """Returns whether it is the password of an open account; takes as long without account.

        Raises Busy if too many hashes wait.
        """
        async with self._turns.take(account.account_id if account else None):
            return await self._is_right(account, password)

    async def _is_right(self, account: Account | None, password: str) -> bool:
        hashed = account.password_hash if account and account.password_hash else self._unknown_hash
        right = await self._in_thread(self._verify, hashed, password)
        return right and account is not None and not account.closed

    def _in_thread(self, work: Callable[..., T], *arguments: str) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        return True

    async def find(self, name: str) -> Account | None:
        """Returns the account with a login name; None if there is none."""
        async with self._database.snapshot() as session:
            row = (await session.exec(select(Account).where(Account.name == name))).first()
            if row is not None or "@" not in name:
                return row
            bearing = select(Account).where(
                Account.email == name, col(Account.closed).is_(False), Account.password_hash != ""
            )
            rows = (await session.exec(bearing.limit(2))).all()
        return rows[0] if len(rows) == 1 else None

    async def _delay(self, name: str, source: str, *, known: bool) -> None:
        beyond = await self._throttle.times(name, source) - SIGN_IN.at_source
        if known and beyond >= 0:
            await self._sleep(min(2.0**beyond / 2, LONGEST_DELAY))
