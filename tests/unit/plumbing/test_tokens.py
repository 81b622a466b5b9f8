"""Tokens: only the registry signs them, every service verifies them, a wrong one is refused."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from plumbing.clock import FixedClock
from plumbing.identity import Caller, Role, Unauthenticated, service_caller
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
