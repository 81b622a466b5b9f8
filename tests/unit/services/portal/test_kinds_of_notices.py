"""The kinds of notices that pages offer are those that alerts knows, and may be asked for."""

from __future__ import annotations

import pytest

from plumbing import validation
from protos.alerts.v1 import alerts_pb2 as alerts
from services.alerts.tables import NoticeKind
from services.portal.pages.platform_mail import KINDS


def test_a_page_offers_each_kind() -> None:
    assert set(KINDS) == {kind.value for kind in NoticeKind}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_undelivered_notices_of_each_kind_are_listed_and_delivered_again(kind: str) -> None:
    validation.check(alerts.ListNoticesRequest(kind=kind))
    of = alerts.Undelivered(kind=kind)
    request_id = "7b0a1a5e-8a54-4a0e-9c36-2f1f5c2f6f11"
    validation.check(alerts.RetryDeliveriesRequest(request_id=request_id, of=of))
