"""The RPC by which anybody checks a letter; every service that writes letters offers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from law.periods import local_day
from plumbing.change import Changes
from plumbing.papers.check_code import agrees, tidy_number
from plumbing.papers.letter_text import digest, parts_of
from plumbing.rpc import ANYONE, Policy, Rule
from plumbing.servicer import Servicer
from protos.letters.v1 import letters_pb2 as pb
from protos.letters.v1 import letters_pb2_grpc as rpc

SERVICE = "quanheng.letters.v1.LetterService"
POLICY: Policy = {f"/{SERVICE}/CheckLetter": Rule(ANYONE)}


@dataclass(frozen=True)
class IssuedLetter:
    """A letter as the service that issued it stores it."""

    number: str
    check_code: str
    title: str
    body: str
    issued_at: datetime


FindLetters = Callable[[AsyncSession, str], Awaitable[Sequence[IssuedLetter]]]


class LetterServicer(Servicer, rpc.LetterServiceServicer):
    """The gRPC service that checks the letters of one service.

    `find` reads the letters with a number; a number belongs to one letter.
    """

    register = rpc.add_LetterServiceServicer_to_server

    def __init__(self, changes: Changes, find: FindLetters) -> None:
        super().__init__(changes)
        self._find = find

    async def CheckLetter(
        self, request: pb.CheckLetterRequest, context: Any
    ) -> pb.CheckLetterResponse:
        async with self.view() as view:
            letters = await self._find(view.session, tidy_number(request.number))
        for letter in letters:
            if agrees(letter.check_code, request.check_code):
                return _genuine(letter)
        return pb.CheckLetterResponse()


def _genuine(letter: IssuedLetter) -> pb.CheckLetterResponse:
    return pb.CheckLetterResponse(
        genuine=True,
        number=letter.number,
        title=letter.title,
        bureau_name=parts_of(letter.body).signer,
        issued_on=local_day(letter.issued_at).isoformat(),
        sha256=digest(letter.body),
    )
