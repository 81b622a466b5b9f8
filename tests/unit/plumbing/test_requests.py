"""The validation of requests, the tokens of pages, and refusals on the wire."""

import base64
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

import protos
from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing import paging, validation
from plumbing.client import new_request_id
from plumbing.grpc_errors import status_of
from plumbing.identity import Unauthenticated
from protos.registry.v1 import registry_pb2 as pb


def test_every_fault_of_a_request_is_named_at_once_in_chinese_and_english() -> None:
    request = pb.PutBureauRequest(request_id="x", bureau=pb.Bureau(code="1", phone="call me"))
    with pytest.raises(InvalidInput) as refused:
        validation.check(request)
    faults = {fault.field: fault for fault in refused.value.faults}
    assert set(faults) == {"request_id", "bureau.code", "bureau.name", "bureau.phone"}
    assert faults["bureau.name"].message_zh == "不能少于 1 个字"
    assert all(fault.message_en for fault in faults.values())


def test_every_rule_of_the_contract_has_a_chinese_message() -> None:
    request = pb.SetContestedRequest(request_id="x", record_ids=[], case_id="c" * 65)
    with pytest.raises(InvalidInput) as refused:
        validation.check(request)
    assert "不符合要求" not in {fault.message_zh for fault in refused.value.faults}


def test_a_page_goes_on_where_the_last_ended() -> None:
    request = pb.ListBureausRequest(page_size=2)
    page, token = paging.cut(request, ["a", "b", "c"], lambda row: [row])
    assert page == ["a", "b"]
    request.page_token = token
    assert paging.after(request, paging.text) == ["b"]
    assert paging.cut(request, ["c"], lambda row: [row]) == (["c"], "")


def test_a_page_token_belongs_to_its_question() -> None:
    request = pb.ListSubjectsRequest(bureau="330106", page_size=1)
    _, token = paging.cut(request, [1, 2], lambda row: [row])
    for other in (
        pb.ListSubjectsRequest(bureau="330110", page_token=token),
        pb.ListSubjectsRequest(bureau="330106", page_token="bm90IG91cnM="),
        pb.ListSubjectsRequest(bureau="330106", page_token="%%%"),
        pb.ListSubjectsRequest(bureau="330106", page_token="权衡"),
        pb.ListSubjectsRequest(bureau="330106", page_token=f"{token}\u200b"),
        pb.ListSubjectsRequest(bureau="330106", page_token=f" {token}"),
    ):
        with pytest.raises(InvalidInput):
            paging.after(other, paging.whole)
    whole = pb.ListSubjectsRequest(bureau="330106", page_token=token)
    assert paging.after(whole, paging.whole) == [1]


@pytest.mark.parametrize(
    "key",
    [1, None, [], [1, 2], ["1"], [2**63], [True], [1.0], {"a": 1}, "a"],
    ids=str,
)
def test_a_page_token_that_somebody_made_up_is_refused(key: object) -> None:
    request = pb.ListBureausRequest()
    made_up = json.dumps([paging._question(request), key])
    for token in (made_up, json.dumps(key)):
        request.page_token = base64.urlsafe_b64encode(token.encode()).decode()
        with pytest.raises(InvalidInput):
            paging.after(request, paging.whole)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (paging.text, "a\0b"),
        (paging.text, "\ud800"),
        (paging.day, "2026-02-30"),
        (paging.day, 7),
        (paging.moment, "2026-09-14T01:00:00"),
        (paging.moment, "0001-01-01T00:00:00+23:59"),
    ],
)
def test_a_part_of_a_key_is_of_its_kind(kind: Callable[[object], object], part: object) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError)):
        kind(part)


@pytest.mark.parametrize(
    "text", ["0000-00-00", "2026-02-30", "2026-W01-1", "1899-12-31", "9999-12-31", "20260914"]
)
def test_what_is_no_day_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validation.day(text, "on")
    assert [fault.field for fault in refused.value.faults] == ["on"]


def test_an_absent_day_is_none() -> None:
    assert validation.day("", "on") is None
    assert validation.day("2024-02-29", "on") == date(2024, 2, 29)


@pytest.mark.parametrize("seconds", [-(2**63), -62135596801, 32503680000, 253402300800, 2**63 - 1])
def test_a_moment_of_no_sane_year_is_refused(seconds: int) -> None:
    request = pb.AdvanceClockRequest(request_id=new_request_id(), to=Timestamp(seconds=seconds))
    with pytest.raises(InvalidInput) as refused:
        validation.check(request)
    assert [fault.field for fault in refused.value.faults] == ["to"]


def test_control_characters_are_refused_wherever_they_stand() -> None:
    header = pb.ImportHeader(
        request_id=new_request_id(),
        family="subjects",
        file_name="a\0",
        mode="check",
        constants={"name": "b\x1b[2J"},
        placeholder_owners=["c", "d\x7f"],
    )
    with pytest.raises(InvalidInput) as refused:
        validation.check(pb.ImportFileRequest(header=header))
    faulty = {fault.field for fault in refused.value.faults}
    assert faulty == {"header.file_name", "header.constants", "header.placeholder_owners"}


NO_ADDRESSES = [
    "a@b\nBcc:c@d", "a@b\n", "a b@c.example", "a@", "<x>@y", "<x@y.example>", "a@b@c.example",
    "甲<a@x.example>", "mailto:a@x.example", "a@x.example；b@x.example", " a@x.example", "a@x",
    "用户@x.example", "a@例子.example", "a@[127.0.0.1]", '"@"@x.example', "a@x.example\u200b",
]  # fmt: skip


@pytest.mark.parametrize("email", NO_ADDRESSES)
def test_what_is_no_mail_address_is_refused_once_and_says_what_is_wanted(email: str) -> None:
    bureau = pb.Bureau(code="330106", name="测试", email=email)
    with pytest.raises(InvalidInput) as refused:
        validation.check(pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau))
    assert [fault.field for fault in refused.value.faults] == ["bureau.email"]
    assert "格式不符" not in refused.value.faults[0].message_zh


@pytest.mark.parametrize("email", ["", "a@x.example", "A.B+c@X.EXAMPLE", "o'neil@hz.gov.cn"])
def test_a_mail_address_is_taken(email: str) -> None:
    bureau = pb.Bureau(code="330106", name="测试", email=email)
    validation.check(pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau))


def requests() -> Iterator[Descriptor]:
    """Every message that somebody may send to a service."""
    for module in pkgutil.walk_packages(protos.__path__, "protos."):
        if module.name.endswith("_pb2") and ".buf." not in module.name:
            services = importlib.import_module(module.name).DESCRIPTOR.services_by_name.values()
            yield from (method.input_type for each in services for method in each.methods)


def texts_of(message: Descriptor) -> Iterator[tuple[FieldDescriptor, ...]]:
    """The path to every text of a message; the texts of maps are tried elsewhere."""
    for field in message.fields:
        inner = field.message_type
        if field.type == FieldDescriptor.TYPE_STRING:
            yield (field,)
        elif inner is not None and not inner.GetOptions().map_entry:
            yield from ((field, *below) for below in texts_of(inner))


def with_text(message: Any, path: Sequence[FieldDescriptor], text: str) -> None:
    """Sets one text in a message."""
    first, *below = path
    if below:
        value = getattr(message, first.name)
        with_text(value.add() if first.is_repeated else value, below, text)
    elif first.is_repeated:
        getattr(message, first.name).append(text)
    else:
        setattr(message, first.name, text)


@pytest.mark.parametrize("request_type", list(requests()), ids=lambda message: message.full_name)
def test_no_text_of_any_request_has_a_character_that_cannot_be_seen(
    request_type: Descriptor,
) -> None:
    for path in texts_of(request_type):
        last = path[-1]
        if "password" in last.name or request_type.full_name.endswith("SendBulkChunksRequest"):
            continue  # never shown; cells, whose faults are told with their row
        request = message_factory.GetMessageClass(request_type)()
        with_text(request, path, "7\u202e8")
        with pytest.raises(InvalidInput) as refused:
            validation.check(request)
        said = {fault.field: fault.message_zh for fault in refused.value.faults}
        assert "U+202E" in said[".".join(field.name for field in path)], last.full_name


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput(), grpc.StatusCode.INVALID_ARGUMENT),
        (NotFound(), grpc.StatusCode.NOT_FOUND),
        (NotPermitted(), grpc.StatusCode.PERMISSION_DENIED),
        (WrongState(), grpc.StatusCode.FAILED_PRECONDITION),
        (Unauthenticated(), grpc.StatusCode.UNAUTHENTICATED),
    ],
)
def test_an_error_has_its_status_and_speaks_chinese(error: InvalidInput, code: object) -> None:
    status = status_of(error)
    localized, info = error_details_pb2.LocalizedMessage(), error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(localized)
    assert (status.code, info.reason, localized.locale) == (code.value[0], error.reason, "zh-CN")  # type: ignore[attr-defined]


def test_a_status_carries_article_facts_and_faults() -> None:
    error = WrongState(
        "超过上限", "over the cap", cite="S3 28", faults=[Fault("days", "多", "many")]
    )
    status = status_of(error)
    info, localized, bad = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.LocalizedMessage(),
        error_details_pb2.BadRequest(),
    )
    for detail, kind in zip(status.details, (info, localized, bad), strict=True):
        assert detail.Unpack(kind)
    assert info.metadata["cite"] == "S3 28"
    assert localized.message == "超过上限（《杭州市计量信用管理办法（试行）》第二十八条）"
    assert bad.field_violations[0].localized_message.message == "多"


@pytest.mark.parametrize("count", [1, 40, 1000])
def test_a_status_fits_its_trailer_whatever_was_sent(count: int) -> None:
    faults = [Fault("field" * 100, "坏" * 9000, "bad" * 9000)] * count
    status = status_of(InvalidInput("坏" * 9000, "bad" * 9000, faults=faults))
    bad = error_details_pb2.BadRequest()
    assert status.details[2].Unpack(bad)
    assert 1 <= len(bad.field_violations) <= count
    assert status.ByteSize() < 7500
    if count > 1:
        listed = len(bad.field_violations) - 1
        assert bad.field_violations[-1].description == f"and {count - listed} more"
