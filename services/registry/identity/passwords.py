"""Passwords: hashed with argon2, and protected against guessing.

A name without an account is treated like any other: the same amount of work, the same count of
wrong passwords, the same errors. The waiting time is measured by the machine's clock, so moving a
sandbox's clock does not shorten it.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from weakref import WeakValueDictionary

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlmodel import col, select

from law.errors import WrongState
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.leadership import exclusively
from plumbing.identity import Unauthenticated
from plumbing.settings import Settings
from services.registry.tables import Account, WrongPassword

WRONG_IN_A_ROW = 5
WAIT = timedelta(minutes=1)
FORGET = timedelta(hours=1)
# Each hash takes 64 MiB; a flood of logins must not use up the machine's memory.
HASHES_AT_ONCE = 2


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

    def __init__(self, database: Database, clock: Clock, hasher: PasswordHasher) -> None:
        self._database, self._clock = database, clock
        self._hasher = hasher
        self._unknown_hash = self._hasher.hash(secrets.token_urlsafe(16))
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def hash(self, password: str) -> str:
        """Returns the salted argon2 hash of a password."""
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, name: str, password: str) -> Account:
        """Returns the open account with this name and password.

        Raises Unauthenticated if there is none, and WrongState for a minute after five wrong
        passwords in a row.
        """
        # One attempt at a time for each name, so that a hundred at once are all counted.
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            return await self._check(name, password)

    async def _check(self, name: str, password: str) -> Account:
        account = await self._find(name)
        right = await self._matches(
            account.password_hash if account else self._unknown_hash, password
        )
        await self._count(name, right=right)
        if account is None or account.closed or not right:
            raise Unauthenticated("用户名或密码不正确", "The name or the password is wrong")
        return account

    async def _find(self, name: str) -> Account | None:
        async with self._database.snapshot() as session:
            wrong = await session.get(WrongPassword, name)
            account = (await session.exec(select(Account).where(Account.name == name))).first()
        if wrong and wrong.times >= WRONG_IN_A_ROW and self._clock.now() < wrong.last_at + WAIT:
            raise WrongState(
                "密码连续输错，请一分钟后再试", "Too many wrong passwords; wait a minute"
            )
        return account

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except VerifyMismatchError:
                return False

    async def _count(self, name: str, *, right: bool) -> None:
        now = self._clock.now()
        stale = col(WrongPassword.last_at) < now - FORGET
        async with self._database.transaction() as session:
            # Otherwise two first attempts at once would both count as the first.
            await exclusively(session, "wrong passwords")
            await session.exec(sa.delete(WrongPassword).where(stale))
            wrong = await session.get(WrongPassword, name, with_for_update=True)
            if right:
                if wrong:
                    await session.delete(wrong)
                return
            # After the waiting there are five more attempts.
            times = wrong.times % WRONG_IN_A_ROW if wrong else 0
            await session.merge(WrongPassword(name=name, times=times + 1, last_at=now))
