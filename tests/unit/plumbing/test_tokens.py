"""Tokens: only the registry signs them, every service verifies them, a wrong one is refused."""

import base64
import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from law.errors import NotFound, WrongState
from plumbing.clock import FixedClock
from plumbing.identity import Caller, Role, Unauthenticated, service_caller
from plumbing.token_keys import TrustedKeys, rotate_signing_key, trusted_keys
from plumbing.tokens import (
    ALGORITHM,
    ISSUER,
    LEEWAY_SECONDS,
    Signer,
    Verifier,
    make_keys,
    public_key,
    session_id_of,
)
from plumbing.workflow_key_rotation import Step

NOW = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)
CASEWORKER = Caller("account/7", "zhou", frozenset({Role.CASEWORKER}), "330106")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def key(tmp_path: Path) -> OKPKey:
    return make_keys(tmp_path / "keys", ["grading"])


def sign(key: OKPKey, **changes: object) -> str:
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "account/7",
        "name": "zhou",
        "roles": ["caseworker"],
        "bureau": "330106",
        "subject": "",
        "exp": int(NOW.timestamp()) + 60,
    }
    return jwt.encode({"alg": ALGORITHM}, claims | changes, key, algorithms=[ALGORITHM])


def test_a_token_says_who_calls(key: OKPKey, clock: FixedClock) -> None:
    token, ends = Signer(key, clock, timedelta(minutes=30)).issue(CASEWORKER)
    assert Verifier(key, clock).verify(token) == CASEWORKER
    assert ends == NOW + timedelta(minutes=30)


def test_the_holder_of_a_token_reads_which_login_it_names(key: OKPKey, clock: FixedClock) -> None:
    caller = Caller("a", "a", frozenset({Role.CASEWORKER}), session_id="login-1")
    token, _ = Signer(key, clock, timedelta(minutes=1)).issue(caller)
    assert session_id_of(token) == "login-1"
    assert [session_id_of(text) for text in ("", "a", "a.b.c", "a.W10.c")] == [""] * 4


def test_a_token_is_taken_by_a_machine_whose_clock_is_a_minute_behind(
    key: OKPKey, clock: FixedClock
) -> None:
    token, _ = Signer(key, clock, timedelta(minutes=30)).issue(CASEWORKER)
    clock.moment = NOW - timedelta(seconds=LEEWAY_SECONDS)
    assert Verifier(key, clock).verify(token) == CASEWORKER
    clock.moment -= timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        Verifier(key, clock).verify(token)


def test_a_token_ends(key: OKPKey, clock: FixedClock) -> None:
    token, ends = Signer(key, clock, timedelta(minutes=30)).issue(CASEWORKER)
    verifier = Verifier(key, clock)
    assert verifier.verify(token) == CASEWORKER
    clock.moment = ends + timedelta(seconds=LEEWAY_SECONDS - 1)  # another machine's clock
    assert Verifier(key, clock).verify(token) == CASEWORKER
    clock.moment = ends + timedelta(seconds=LEEWAY_SECONDS + 1)
    for each in (verifier, Verifier(key, clock)):  # also of one that has been taken before
        with pytest.raises(Unauthenticated):
            each.verify(token)


def test_a_token_names_the_key_it_was_signed_with(key: OKPKey, clock: FixedClock) -> None:
    token, _ = Signer(key, clock, timedelta(minutes=30)).issue(CASEWORKER)
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    assert header["kid"] == key.thumbprint()


def test_a_token_that_names_another_key_is_refused(key: OKPKey, clock: FixedClock) -> None:
    header = {"alg": ALGORITHM, "kid": OKPKey.generate_key("Ed25519").thumbprint()}
    claims = json.loads(base64.urlsafe_b64decode(sign(key).split(".")[1] + "=="))
    with pytest.raises(Unauthenticated):
        Verifier(key, clock).verify(jwt.encode(header, claims, key, algorithms=[ALGORITHM]))


@pytest.mark.parametrize(
    "change",
    [{"aud": "another"}, {"iss": "another"}, {"roles": ["king"]}, {"sub": ""}, {"exp": None}],
    ids=str,
)
def test_a_claim_that_is_off_is_refused(
    key: OKPKey, clock: FixedClock, change: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated):
        Verifier(key, clock).verify(sign(key, **change))


def test_forged_unsigned_and_confused_tokens_are_refused(key: OKPKey, clock: FixedClock) -> None:
    head, body, mark = sign(key).split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    public = OctKey.import_key(json.dumps(key.as_dict(private=False)))
    confused = jwt.encode({"alg": "HS256"}, {"sub": "x"}, public, algorithms=["HS256"])
    forged = sign(OKPKey.generate_key("Ed25519"))
    tampered = f"{head}.{body[:-2]}AA.{mark}"
    for token in ("", "x", f"{none}.{body}.", f"{none}.{body}.{mark}", confused, forged, tampered):
        with pytest.raises(Unauthenticated):
            Verifier(key, clock).verify(token)


def test_only_a_service_may_say_on_whose_behalf_it_acts(key: OKPKey, clock: FixedClock) -> None:
    signer, verifier = Signer(key, clock, timedelta(minutes=1)), Verifier(key, clock)
    person = verifier.verify(signer.issue(CASEWORKER)[0], on_behalf_of="account/9")
    service = verifier.verify(signer.issue(service_caller("grading"))[0], on_behalf_of="account/9")
    assert (person.on_behalf_of, service.on_behalf_of) == ("", "account/9")


def test_keys_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first, second = (make_keys(tmp_path / "keys", ["grading"]) for _ in range(2))
    assert first.thumbprint() == second.thumbprint() == public_key(tmp_path / "keys").thumbprint()
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}
    assert "d" not in json.loads((tmp_path / "keys" / "public.jwk").read_text())


def test_keys_that_are_given_are_left_as_they_are(tmp_path: Path) -> None:
    make_keys(tmp_path, ["grading"])
    inodes = {file.name: file.stat().st_ino for file in tmp_path.iterdir()}
    make_keys(tmp_path, ["grading"])
    assert {file.name: file.stat().st_ino for file in tmp_path.iterdir()} == inodes


def test_a_public_key_that_belongs_to_another_signing_key_is_put_right(tmp_path: Path) -> None:
    make_keys(tmp_path / "other", [])
    key = make_keys(tmp_path, [])
    (tmp_path / "other" / "public.jwk").replace(tmp_path / "public.jwk")
    make_keys(tmp_path, [])
    assert public_key(tmp_path).thumbprint() == key.thumbprint()


def test_a_change_of_the_signing_key_ends_no_session(tmp_path: Path, clock: FixedClock) -> None:
    """At every step each process that has the files of this or of the former step goes on."""
    make_keys(tmp_path, [])
    verifier = Verifier(TrustedKeys(tmp_path), clock)

    def issued() -> str:
        return Signer(make_keys(tmp_path, []), clock, timedelta(minutes=30)).issue(CASEWORKER)[0]

    before = issued()
    for step in (Step.ADD, Step.USE):
        rotate_signing_key(tmp_path, step)
        for token in (before, issued()):
            assert verifier.verify(token) == CASEWORKER  # it has read the new file by itself
            assert Verifier(TrustedKeys(tmp_path), clock).verify(token) == CASEWORKER
    after = issued()
    rotate_signing_key(tmp_path, Step.DROP)
    assert verifier.verify(after) == CASEWORKER
    with pytest.raises(Unauthenticated):  # also one that it had accepted before
        verifier.verify(before)
    assert len(trusted_keys(tmp_path)) == 1


def test_keys_that_cannot_be_read_leave_those_of_before(tmp_path: Path, clock: FixedClock) -> None:
    token, _ = Signer(make_keys(tmp_path, []), clock, timedelta(minutes=1)).issue(CASEWORKER)
    verifier = Verifier(TrustedKeys(tmp_path), clock)
    file = tmp_path / "public.jwks"
    whole = file.read_text()
    for broken in (whole[:40], "", "[]", '{"keys": [{}]}', '{"keys": []}'):
        file.write_text(broken)  # as of a copy that is under way
        assert verifier.verify(token) == CASEWORKER, broken
    make_keys(tmp_path / "other", [])
    shutil.copy(tmp_path / "other" / "public.jwks", file)
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_a_verifier_with_the_file_of_the_step_before_takes_tokens_of_the_new_key(
    tmp_path: Path, clock: FixedClock
) -> None:
    make_keys(tmp_path, [])
    rotate_signing_key(tmp_path, Step.ADD)
    slow = Verifier(TrustedKeys(tmp_path), clock)
    others = tmp_path / "registry"
    shutil.copytree(tmp_path, others)
    rotate_signing_key(others, Step.USE)
    token, _ = Signer(make_keys(others, []), clock, timedelta(minutes=1)).issue(CASEWORKER)
    assert slow.verify(token) == CASEWORKER


def test_steps_of_a_change_are_taken_in_their_order_by_who_has_the_key(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        rotate_signing_key(tmp_path, Step.ADD)
    make_keys(tmp_path, [])
    for step in (Step.USE, Step.DROP):
        with pytest.raises(WrongState, match="there is one key"):
            rotate_signing_key(tmp_path, step)
    rotate_signing_key(tmp_path, Step.ADD)
    with pytest.raises(WrongState, match="not used yet"):
        rotate_signing_key(tmp_path, Step.ADD)


def test_a_step_that_was_cut_off_is_taken_again(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_keys(tmp_path, [])

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("plumbing.token_keys.trust", cut_off)
        with pytest.raises(KeyboardInterrupt):
            rotate_signing_key(tmp_path, Step.ADD)
    with pytest.raises(WrongState, match="there is one key"):  # nobody trusts the new one yet
        rotate_signing_key(tmp_path, Step.USE)
    for step in Step:
        rotate_signing_key(tmp_path, step)
    token, _ = Signer(make_keys(tmp_path, []), clock, timedelta(minutes=1)).issue(CASEWORKER)
    assert Verifier(TrustedKeys(tmp_path), clock).verify(token) == CASEWORKER


def test_a_key_that_was_taken_away_is_trusted_no_more(tmp_path: Path, clock: FixedClock) -> None:
    stolen, _ = Signer(make_keys(tmp_path, []), clock, timedelta(minutes=1)).issue(CASEWORKER)
    (tmp_path / "signing.jwk").unlink()
    make_keys(tmp_path, [])
    with pytest.raises(Unauthenticated):
        Verifier(TrustedKeys(tmp_path), clock).verify(stolen)


def test_the_next_key_is_not_used_once_the_folder_was_stolen(tmp_path: Path) -> None:
    make_keys(tmp_path, [])
    rotate_signing_key(tmp_path, Step.ADD)
    (tmp_path / "signing.jwk").unlink()
    make_keys(tmp_path, [])
    with pytest.raises(WrongState, match="there is one key"):
        rotate_signing_key(tmp_path, Step.USE)
    assert not (tmp_path / "signing-next.jwk").exists()


def test_a_header_nested_without_end_is_no_token(clock: FixedClock) -> None:
    verifier = Verifier(OKPKey.generate_key("Ed25519"), clock)
    for depth in (10, 5000):
        head = base64.urlsafe_b64encode(b"[" * depth + b"]" * depth).decode().rstrip("=")
        with pytest.raises(Unauthenticated):
            verifier.verify(f"{head}.e30.x")


def test_keys_of_the_release_before_have_one_public_file(tmp_path: Path, clock: FixedClock) -> None:
    key = make_keys(tmp_path, [])
    (tmp_path / "public.jwks").unlink()
    token, _ = Signer(key, clock, timedelta(minutes=1)).issue(CASEWORKER)
    assert Verifier(TrustedKeys(tmp_path), clock).verify(token) == CASEWORKER
