"""What a handler tells the access log about a call: who tries to sign in, and whether they did."""

from __future__ import annotations

import contextvars
from dataclasses import dataclass


@dataclass
class SignIn:
    """A try to sign in; `ended` is False while a further step has to follow."""

    name: str = ""
    account_id: str = ""
    roles: tuple[str, ...] = ()
    bureau: str = ""
    ended: bool = False


_current: contextvars.ContextVar[SignIn | None] = contextvars.ContextVar("sign_in", default=None)


def begin() -> None:
    """Forgets what was told about an earlier call; called before each handler runs."""
    _current.set(None)


def signing_in(name: str = "") -> SignIn:
    """Says that the present call is a try to sign in; returns what to fill in about it."""
    told = SignIn(name)
    _current.set(told)
    return told


def sign_in() -> SignIn | None:
    """Returns the try to sign in that the present call is; None for any other call."""
    return _current.get()
