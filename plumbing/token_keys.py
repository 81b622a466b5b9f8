"""The public keys with which services verify tokens, and how the registry's key is changed (D-09).

The registry signs with one key. While it is changed services trust two, so that tokens of before
are accepted until they end and nobody has to sign in again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from law.errors import NotFound, WrongState
from plumbing.private_files import write_private
from plumbing.workflow_key_rotation import Step

SIGNING, NEXT = "signing.jwk", "signing-next.jwk"  # private, of the registry alone
PRESENT, TRUSTED = "public.jwk", "public.jwks"  # public: the present key, and all that are trusted


log = structlog.get_logger()


class TrustedKeys:
    """The public keys in a directory, the present one first; read again when they are replaced."""

    def __init__(self, keys_dir: Path) -> None:
        self._keys_dir = keys_dir
        self._files = tuple(keys_dir / name for name in (TRUSTED, PRESENT))
        self._stamp = self._stamps()
        self._unreadable: tuple[int, int] | None = None
        self._keys = self._read()

    def renewed(self) -> bool:
        """Reads the keys again if their files were replaced since; returns whether they were.

        Files that cannot be read, such as one that is being copied, leave the keys as they are.
        """
        stamp = self._stamps()
        if stamp in (self._stamp, self._unreadable):
            return False
        try:
            self._keys = self._read()
        except (OSError, ValueError, KeyError, IndexError, TypeError, JoseError) as error:
            log.error("tokens.keys_unreadable", keys_dir=str(self._keys_dir), error=repr(error))  # noqa: TRY400 - no fault of ours
            self._unreadable = stamp
            return False
        self._stamp = stamp
        return True

    def named(self, kid: str | None) -> OKPKey:
        """Returns the key with a thumbprint; without one, the present key.

        Raises ValueError if no key that is trusted has it.
        """
        if kid is None:  # tokens of a release before the last name no key
            return next(iter(self._keys.values()))
        if kid not in self._keys:
            raise ValueError("The token names another key")
        return self._keys[kid]

    def _read(self) -> dict[str, OKPKey]:
        keys = trusted_keys(self._keys_dir) or [read_key(self._keys_dir / PRESENT)]
        return {key.thumbprint(): key for key in keys}

    def _stamps(self) -> tuple[int, int]:
        # Asked at each call, so by one question where it can be.
        for file in self._files:
            with suppress(FileNotFoundError):
                found = file.stat()
                return found.st_mtime_ns, found.st_ino
        return 0, 0


def trusted_keys(keys_dir: Path) -> list[OKPKey]:
    """Returns the public keys that are trusted; none if the file of a former release lacks."""
    file = keys_dir / TRUSTED
    if not file.exists():
        return []
    return [OKPKey.import_key(key) for key in json.loads(file.read_text())["keys"]]


def read_key(file: Path) -> OKPKey:
    """Reads a key from its file."""
    return OKPKey.import_key(json.loads(file.read_text()))


def key_text(key: OKPKey, *, private: bool) -> str:
    """Returns a key as the text of its file."""
    return json.dumps(key.as_dict(private=private))


def trust(keys_dir: Path, keys: Iterable[OKPKey]) -> None:
    """Writes the public keys that are trusted, the present one first, if they are others."""
    files = dict[Path, str]()
    public = [key.as_dict(private=False) for key in keys]
    files[keys_dir / PRESENT] = json.dumps(public[0])
    files[keys_dir / TRUSTED] = json.dumps({"keys": public})
    for file, text in files.items():
        if not file.exists() or file.read_text() != text:
            write_private(file, text)


def rotate_signing_key(keys_dir: Path, step: Step) -> Path:
    """Takes one step of a change of the key that signs tokens; returns the file for all services.

    `add` makes the next key, which services trust from now on; `use` makes it the one that signs,
    and the former one is still trusted; `drop` ends that. Raises NotFound without a signing key,
    and WrongState for a step whose turn it is not.
    """
    if not (keys_dir / SIGNING).exists():
        raise NotFound(
            f"{keys_dir} 中没有签发令牌的密钥；只有登记服务有",
            f"There is no key that signs tokens in {keys_dir}; the registry alone has it",
        )
    if _state(keys_dir) != _BEFORE[step]:
        raise WrongState(
            f"现在不是做 {step} 的时候：密钥{_SAID[_state(keys_dir)][0]}",
            f"It is not the turn of {step}: {_SAID[_state(keys_dir)][1]}",
        )
    _STEPS[step](keys_dir)
    return keys_dir / TRUSTED


def _state(keys_dir: Path) -> Step:
    """The last step that was taken whole."""
    if (keys_dir / NEXT).exists():
        following = read_key(keys_dir / NEXT).thumbprint()
        trusted = {key.thumbprint() for key in trusted_keys(keys_dir)}
        return Step.ADD if following in trusted else Step.DROP
    return Step.USE if len(trusted_keys(keys_dir)) > 1 else Step.DROP


def _add(keys_dir: Path) -> None:
    following = OKPKey.generate_key("Ed25519")
    # A stop between the two leaves a key that nobody trusts, and `add` to be repeated.
    write_private(keys_dir / NEXT, key_text(following, private=True))
    trust(keys_dir, [read_key(keys_dir / SIGNING), following])


def _use(keys_dir: Path) -> None:
    former, following = read_key(keys_dir / SIGNING), read_key(keys_dir / NEXT)
    trust(keys_dir, [following, former])
    (keys_dir / NEXT).replace(keys_dir / SIGNING)


def _drop(keys_dir: Path) -> None:
    trust(keys_dir, [read_key(keys_dir / SIGNING)])


_BEFORE = {Step.ADD: Step.DROP, Step.USE: Step.ADD, Step.DROP: Step.USE}
_STEPS: Mapping[Step, Callable[[Path], None]] = {Step.ADD: _add, Step.USE: _use, Step.DROP: _drop}
_SAID = {
    Step.ADD: ("已新增一把，尚未启用", "a second key was added and is not used yet"),
    Step.USE: ("已启用新的，旧的仍受信任", "the new key is used and the former one still trusted"),
    Step.DROP: ("只有一把", "there is one key"),
}
