"""A program receives at a port to which the network lets messages out."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from law.errors import InvalidInput
from plumbing.settings import Settings
from services.alerts.webhooks.addresses import require_address


@pytest.mark.parametrize(
    ("url", "ports"),
    [("https://erp.example.com:8443/hooks", {443}), ("https://erp.example.com/", {8443})],
)
async def test_another_port_is_refused_before_anybody_is_asked(url: str, ports: set[int]) -> None:
    with pytest.raises(InvalidInput) as raised:
        await require_address(url, private=False, ports=ports)
    [fault] = raised.value.faults
    assert fault.field == "url"
    assert f"端口须为 {min(ports)}；" in fault.message_zh
    assert f"must be at port {min(ports)};" in fault.message_en


def test_the_ports_are_a_setting() -> None:
    assert Settings().webhook_port_numbers == {443}
    assert Settings(webhook_ports="443, 8443").webhook_port_numbers == {443, 8443}
    for wrong in ("https", "443,0", "65536"):
        with pytest.raises(ValidationError, match="端口号"):
            Settings(webhook_ports=wrong)
