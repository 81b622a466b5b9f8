"""The logins of the person at the command line, stored in their home and readable only by them.

A person logs in once (`quanheng login NAME`). A session belongs to the platform's data directory,
or to its address if the platform runs elsewhere: a restart on other ports ends no session.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from law.errors import InvalidInput
from plumbing.addresses import Addresses
from plumbing.clock import SystemClock
from plumbing.private_files import write_private

ADMINISTRATOR = "administrator"
CAST = "demo."  # with which the names of a sandbox's cast begin
CAST_FILE = "sandbox-cast.json"


@dataclass(frozen=True)
class Session:
    """A login: account name, token, and when it ends and began (ISO 8601).

    After logging out, the token is empty.
    """

    name: str
    token: str = ""
    expires_at: str = ""
    began_at: str = ""

    @property
    def has_ended(self) -> bool:
        """True if the token has expired."""
        return datetime.fromisoformat(self.expires_at) <= SystemClock().now()

    @property
    def is_due(self) -> bool:
        """True if less than half of the token's lifetime is left, so that it should be renewed."""
        ends = datetime.fromisoformat(self.expires_at)
        began = datetime.fromisoformat(self.began_at)
        return ends - SystemClock().now() < (ends - began) / 2


def administrator_password(keys_dir: Path) -> str:
    """Reads the first administrator's password from its file; raises OSError if unreadable."""
    return (keys_dir / f"{ADMINISTRATOR}.password").read_text().strip()


def cast_password(data_dir: Path, name: str) -> str | None:
    """Reads the password of one of a sandbox's cast, None if there is no such one.

    Raises OSError if there is no file of the cast, or it is not readable.
    """
    members = json.loads((data_dir / CAST_FILE).read_text("utf-8"))
    return next((str(one["password"]) for one in members if one["name"] == name), None)


def forget_first_password(keys_dir: Path) -> None:
    """Removes the file of the administrator's first password, which counts no longer."""
    with suppress(OSError):
        (keys_dir / f"{ADMINISTRATOR}.password").unlink(missing_ok=True)


def current(addresses: Addresses) -> Session | None:
    """Returns the session on a platform; None if nobody ever logged in.

    Raises InvalidInput if the person logged out or the session has ended.
    """
    session = sessions().get(_key(addresses))
    if session and not session.token:
        raise not_logged_in("请先登录", "Log in first")
    if session and session.has_ended:
        raise not_logged_in(f"{session.name} 的登录已到期", f"The login of {session.name} ended")
    return session


def require_place() -> None:
    """Raises InvalidInput if no session can be stored: ask before a login changes anything."""
    folder = _file().parent
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return
    raise InvalidInput(
        f"登录无处保存：{folder} 不可写；请把 HOME 设为可写的目录",
        f"The login cannot be stored: {folder} is not writable; set HOME to a folder that is",
    )


def keep(addresses: Addresses, session: Session) -> None:
    """Stores a session for later commands on the same platform."""
    require_place()
    file = _file()
    kept = sessions() | {_key(addresses): session}
    write_private(file, json.dumps({key: asdict(session) for key, session in kept.items()}))


def end(addresses: Addresses) -> None:
    """Ends the session on a platform; the next command needs a login."""
    session = sessions().get(_key(addresses))
    keep(addresses, Session(session.name if session else ""))


def sessions() -> dict[str, Session]:
    """Reads every session of this person, by platform; ignores sessions in an older format."""
    try:
        kept = json.loads(_file().read_text())
    except FileNotFoundError:
        return {}
    return {key: Session(**session) for key, session in kept.items() if isinstance(session, dict)}


def _key(addresses: Addresses) -> str:
    return addresses.address("registry") if addresses.elsewhere else str(addresses.data_dir)


def _file() -> Path:
    return Path.home() / ".config" / "quanheng" / "sessions.json"


def not_logged_in(zh: str, en: str) -> InvalidInput:
    """Returns the error for a command that needs a login; its text names the command to log in."""
    return InvalidInput(f"{zh}：quanheng login 用户名", f"{en}: quanheng login NAME")
