"""What a request is checked for, how pages go on, and how refusals look on the wire."""

import grpc
import pytest
from google.rpc import error_details_pb2

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing import paging, validation
from plumbing.identity import Unauthenticated
from plumbing.rpc import status_of
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
    asked = pb.ListSubjectsRequest(bureau="330106", page_size=1)
    _, token = paging.cut(asked, [1, 2], lambda row: [row])
    for other in (
        pb.ListSubjectsRequest(bureau="330110", page_token=token),
        pb.ListSubjectsRequest(bureau="330106", page_token="bm90IG91cnM="),
        pb.ListSubjectsRequest(bureau="330106", page_token="%%%"),
    ):
        with pytest.raises(InvalidInput):
            paging.after(other, paging.whole)
    whole = pb.ListSubjectsRequest(bureau="330106", page_token=token)
    assert paging.after(whole, paging.whole) == [1]


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
    told, info = error_details_pb2.LocalizedMessage(), error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(told)
    assert (status.code, info.reason, told.locale) == (code.value[0], error.reason, "zh-CN")  # type: ignore[attr-defined]


def test_a_status_carries_article_facts_and_faults() -> None:
    error = WrongState(
        "超过上限", "over the cap", cite="S3 28", faults=[Fault("days", "多", "many")]
    )
    status = status_of(error)
    info, told, bad = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.LocalizedMessage(),
        error_details_pb2.BadRequest(),
    )
    for detail, kind in zip(status.details, (info, told, bad), strict=True):
        assert detail.Unpack(kind)
    assert info.metadata["cite"] == "S3 28"
    assert told.message == "超过上限（S3 28）"
    assert bad.field_violations[0].localized_message.message == "多"
