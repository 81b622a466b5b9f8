"""The gRPC methods for colours, alerts and notices."""

from __future__ import annotations

from typing import Any

from law.errors import Fault, InvalidInput
from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import alerts_pb2_grpc as rpc
from services.alerts import board, calendar_feed, month, queries
from services.alerts.board_parts import BoardParts
from services.alerts.first_notices import release_untold
from services.alerts.notices import preferences
from services.alerts.notices.reading import mark_notices
from services.alerts.notices.retries import count_retries, retry_deliveries, retry_delivery
from services.alerts.notices.unreached import list_unreached
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.text_messages import commands as mobiles
from services.alerts.text_messages.queries import get_mobile_number
from services.alerts.untold import list_untold


class AlertsServicer(Servicer, rpc.AlertsServiceServicer):
    """The gRPC service to read colours, alerts and notices, and to retry a delivery."""

    register = rpc.add_AlertsServiceServicer_to_server

    SummariseColours = query(queries.summarise_colours)
    ListColours = query(queries.list_colours)

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._parts, self._sealed = BoardParts(), SealedSecrets(settings.keys_dir)

    async def GetColourBoard(
        self, request: pb.GetColourBoardRequest, context: Any
    ) -> pb.GetColourBoardResponse:
        async with self.view() as view:
            return await board.get_colour_board(view, request, self._parts)

    GetTypes = query(board.get_types)
    CountColours = query(board.count_colours)
    ListAlerts = query(queries.list_alerts)
    ListNotices = query(queries.list_notices)
    MarkNotices = change(mark_notices)
    GetDigestPreference = query(preferences.get_digest_preference)
    SetDigestPreference = change(preferences.set_digest_preference)
    GetMobileNumber = query(get_mobile_number)
    RemoveMobileNumber = change(mobiles.remove_mobile_number)

    async def AskMobileNumber(
        self, request: pb.AskMobileNumberRequest, context: Any
    ) -> pb.AskMobileNumberResponse:
        return await self.once(request, mobiles.ask_mobile_number, sealed=self._sealed)

    async def ConfirmMobileNumber(
        self, request: pb.ConfirmMobileNumberRequest, context: Any
    ) -> pb.ConfirmMobileNumberResponse:
        # A wrong code is counted, so the error comes after the change.
        answer = await self.once(request, mobiles.confirm_mobile_number, sealed=self._sealed)
        if answer.wrong:
            left = answer.mobile.tries_left
            zh, en = f"验证码不对，还可以填错 {left} 次", f"it is another code; {left} more tries"
            raise InvalidInput(faults=[Fault("code", zh, en)])
        return answer

    GetCalendarFeed = query(calendar_feed.get_calendar_feed)
    RenewCalendarFeed = change(calendar_feed.renew_calendar_feed)
    EndCalendarFeed = change(calendar_feed.end_calendar_feed)
    ReadCalendar = query(calendar_feed.read_calendar)
    GetWatch = query(queries.get_watch)
    RetryDelivery = change(retry_delivery)
    CountRetries = query(count_retries)
    RetryDeliveries = change(retry_deliveries)
    ListUnreached = query(list_unreached)
    ListUntold = query(list_untold)
    ReleaseUntold = change(release_untold)
    SummariseMonth = query(month.summarise_month)
