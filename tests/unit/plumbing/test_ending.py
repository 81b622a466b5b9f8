"""A process that does not start says which variable is wrong, and anything else as it is."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from law.errors import Fault, InvalidInput
from plumbing.ending import log_failure
from plumbing.plain_links import refuse_plain_links
from plumbing.settings import Settings


def test_a_setting_that_is_refused_is_named_by_its_variable_without_a_traceback() -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_plain_links(Settings(smtp_url="smtp://mail.example"), "alerts")
    with capture_logs() as lines:
        log_failure(refused.value)
    [line] = lines
    assert line["settings"] == {
        "QUANHENG_SMTP_URL": "The connection to mail.example is not encrypted (smtp)"
    }
    assert "QUANHENG_PLAINTEXT" in line["error"]
    assert "exc_info" not in line


@pytest.mark.parametrize(
    "error", [OSError("away"), InvalidInput(faults=[Fault("reasons", "空", "empty")])]
)
def test_any_other_error_keeps_its_traceback(error: Exception) -> None:
    with capture_logs() as lines:
        log_failure(error)
    [line] = lines
    assert (line["event"], line["exc_info"]) == ("process.failed", error)
