"""The envelope: CloudEvents attributes to headers and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from plumbing.events.envelope import (
    Attributes,
    Delivery,
    MalformedEvent,
    decode_value,
    encode_value,
)
from protos.registry.v1.events_pb2 import BureausChanged

ID = UUID("0197b1c2-0000-4000-8000-000000000001")
HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": str(ID),
    "ce-source": "quanheng/registry",
    "ce-type": "quanheng.registry.v1.BureausChanged",
    "ce-subject": "bureaus/330106",
    "ce-time": "2026-09-14T00:30:00+00:00",
    "ce-datacontenttype": "application/protobuf",
    "ce-sequence": "7",
    "ce-bureau": "330106",
    "ce-onbehalfof": "account/%E7%8E%8B%20wei",
}


def attributes(**changed: object) -> Attributes:
    given_ = {
        "id": ID,
        "type": "quanheng.registry.v1.BureausChanged",
        "aggregate": "bureaus/330106",
        "sequence": 7,
        "bureau": "330106",
        "time": datetime(2026, 9, 14, 8, 30, tzinfo=timezone(timedelta(hours=8))),
        "on_behalf_of": "account/王 wei",
    }
    return Attributes(**(given_ | changed))  # type: ignore[arg-type]


def test_attributes_become_headers() -> None:
    assert attributes().headers() == HEADERS


def test_a_trace_goes_along_when_there_is_one() -> None:
    assert attributes(traceparent="00-1-2-01").headers()["ce-traceparent"] == "00-1-2-01"


def test_headers_become_attributes_whatever_their_case() -> None:
    shouted = {name.upper(): value for name, value in HEADERS.items()}
    assert Attributes.read(shouted) == attributes(time=datetime(2026, 9, 14, 0, 30, tzinfo=UTC))


@given(aggregate=st.text(), who=st.text(), sequence=st.integers(min_value=1))
def test_any_text_survives_the_headers(aggregate: str, who: str, sequence: int) -> None:
    sent = attributes(aggregate=aggregate, on_behalf_of=who, sequence=sequence)
    headers = sent.headers()
    assert Attributes.read(headers) == sent
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert all(" " not in value and '"' not in value for value in headers.values())


@pytest.mark.parametrize("missing", sorted(HEADERS.keys() - {"ce-source"}))
def test_a_message_without_an_attribute_is_no_event(missing: str) -> None:
    with pytest.raises(MalformedEvent):
        Attributes.read({name: value for name, value in HEADERS.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce-specversion", "0.3"),
        ("ce-datacontenttype", "application/json"),
        ("ce-id", "7"),
        ("ce-sequence", "0"),
        ("ce-sequence", "x"),
        ("ce-time", "2026-09-14T00:30:00"),
        ("ce-time", "yesterday"),
    ],
)
def test_an_attribute_that_is_wrong_makes_no_event(name: str, value: str) -> None:
    with pytest.raises(MalformedEvent):
        Attributes.read(HEADERS | {name: value})


# The cases of the NATS protocol binding of CloudEvents, 3.1.3.2 (cloudevents/spec at c2845a49,
# Apache-2.0), and of the quoted strings of RFC 7230 3.2.6 that it refers to.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),  # lower case is accepted
        ("%41", "A"),  # so is what need not be encoded
        ("%2525", "%25"),  # decoded once and no more
        ('"a\\"b c"', 'a"b c'),
        ('"back\\\\slash"', "back\\slash"),
        ('"50%25"', "50%"),  # unquoted first, decoded then
        ('""', ""),
        ('in"side', 'in"side'),
    ],
)
def test_a_value_is_decoded_as_the_binding_says(value: str, text: str) -> None:
    assert decode_value(value) == text
    assert Attributes.read(HEADERS | {"ce-subject": value}).aggregate == text


@pytest.mark.parametrize(
    "value",
    ["%C0%A0", "%FF", "%E2%82", "%", "100%", "%4", "%zz", "% 41", '"open', '"', '"a"b"', '"a\\"'],
)
def test_a_value_that_cannot_be_decoded_makes_no_event(value: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_value(value)
    with pytest.raises(MalformedEvent):
        Attributes.read(HEADERS | {"ce-subject": value})


def test_a_text_is_encoded_as_the_binding_says() -> None:
    assert encode_value("Euro € 😀") == "Euro%20%E2%82%AC%20%F0%9F%98%80"


def test_headers_of_others_are_left_as_they_are() -> None:
    others = {"Nats-Msg-Id": "100%", "quanheng-error": "%C0%A0"}
    assert Attributes.read(HEADERS | others).aggregate == "bureaus/330106"


def test_no_headers_no_event() -> None:
    with pytest.raises(MalformedEvent):
        Attributes.read(None)


def test_a_delivery_is_decoded_for_its_handler() -> None:
    message = BureausChanged()
    message.change.ground = "120 art. 3"
    delivery = Delivery(attributes(), message.SerializeToString(), stream_seq=12, deliveries=2)

    received = delivery.decode(BureausChanged)

    assert received.message == message
    assert (received.id, received.aggregate, received.sequence) == (ID, "bureaus/330106", 7)
    assert (received.bureau, received.on_behalf_of) == ("330106", "account/王 wei")
    assert (received.stream_seq, received.deliveries) == (12, 2)


def test_a_body_of_another_kind_is_not_decoded() -> None:
    with pytest.raises(DecodeError):
        Delivery(attributes(), b"\xff\xff", 1, 1).decode(BureausChanged)
