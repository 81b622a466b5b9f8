"""The command that makes the private address of one's own due dates."""

from __future__ import annotations

import hashlib
import secrets

from plumbing.client import new_request_id
from services.cli.client import with_client
from services.cli.machine.directory import platform_settings
from services.cli.output import show
from services.cli.output.options import AsJson, Data


def calendar_renew(data: Data = None, as_json: AsJson = False) -> None:
    """生成到期日历的地址，原来的失效；只显示这一次。

    Makes the address of the calendar of due dates; it is shown once. The one before ends.
    """
    from protos.alerts.v1 import alerts_pb2 as pb  # noqa: PLC0415 - only this command

    secret = secrets.token_urlsafe(32)
    request = pb.RenewCalendarFeedRequest(
        request_id=new_request_id(), secret_sha256=hashlib.sha256(secret.encode()).hexdigest()
    )
    with_client(data, lambda client: client.alerts.RenewCalendarFeed(request))
    address = f"{platform_settings(data).portal_url.rstrip('/')}/due-dates/{secret}.ics"
    if as_json:
        show.json_out({"address": address})
        return
    show.done(f"日历地址（只显示这一次）：{address}", f"Its address, shown this once: {address}")
