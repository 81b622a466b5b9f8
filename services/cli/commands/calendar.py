"""Commands for editions of the calendar: loads one, and shows which open terms it would move."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from law.errors import InvalidInput, NotFound
from plumbing.addresses import TERM_KEEPERS
from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.output import answer, show
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from protos.calendar.v1 import calendar_pb2

SHOWN = 1000  # terms of each service
KINDS = {
    "objection": ("异议", "objection"),
    "reconsideration": ("复核", "reconsideration"),
    "repair": ("信用修复", "repair"),
    "intake": ("决定是否受理", "to accept or decline"),
    "supplement": ("补正", "supplement"),
    "escalation": ("督促", "escalation"),
    "publication": ("公示前的答复期", "window before publication"),
    "verification_order": ("检定申请", "order for verification"),
    "certificate_upload": ("证书上传", "upload of a certificate"),
}


def calendar_load(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="放假安排，CSV 或 JSON | the file"
        ),
    ],
    notice: Annotated[
        Path | None,
        typer.Option(
            "--notice",
            exists=True,
            dir_okay=False,
            help="通知原文，用来计算 SHA-256 | the notice itself, for its SHA-256",
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """载入一年的放假安排（CSV 或 JSON）；另一位平台管理员启用之后才起作用。

    Loads the holidays of a year; they count once another administrator applies them.
    """
    from protos.registry.v1 import calendars_pb2 as pb  # noqa: PLC0415 - only this command

    digest = sha256(notice.read_bytes()).hexdigest() if notice else ""
    request = pb.LoadCalendarEditionRequest(
        request_id=new_request_id(), content=file.read_bytes(), sha256=digest
    )
    response = with_client(data, lambda client: client.calendar.LoadCalendarEdition(request))
    answer.print_response(response, as_json=as_json)


def calendar_show(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="日历 id，不写为待启用的一版 | which edition")
    ] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """并排显示一版日历会改变的每个期限：原届满日和新届满日。

    Shows every open term that an edition moves, the old and the new last day.
    """
    found, terms = with_client(data, lambda client: _moved(client, edition))
    if as_json:
        told = {service: show.plain(one) for service, one in terms.items()}
        show.json_out({**show.plain(found), "moved": told})
        return
    answer.print_response(found, as_json=False)
    _print_terms([term for one in terms.values() for term in one.terms])
    moved, count = (sum(getattr(one, n) for one in terms.values()) for n in ("moved", "open"))
    if left := moved - sum(len(one.terms) for one in terms.values()):
        show.done(
            f"另有 {left:,} 个有变动的期限没有列出", f"{left:,} more are moved and not listed"
        )
    show.done(
        f"未办结的期限共 {count} 个，其中 {moved} 个有变动",
        f"{moved} of {count} open terms are moved",
    )


async def _moved(client: Client, edition_id: str) -> Any:
    """The edition, and what each service says that it moves."""
    from protos.calendar.v1 import calendar_pb2 as terms  # noqa: PLC0415 - only this command
    from protos.registry.v1 import calendars_pb2 as pb  # noqa: PLC0415 - only this command

    state = "" if edition_id else "loaded"
    listed = await client.calendar.ListCalendarEditions(
        pb.ListCalendarEditionsRequest(state=state, page_size=SHOWN)
    )
    found = named(listed.editions, edition_id)
    request = terms.ListMovedTermsRequest(arrangement=found.arrangement, page_size=SHOWN)
    asked = zip(TERM_KEEPERS, client.moved_terms, strict=True)
    shown = pb.LoadCalendarEditionResponse(edition=found)
    return shown, {service: await stub.ListMovedTerms(request) for service, stub in asked}


def named(editions: Sequence[Any], edition_id: str) -> Any:
    """Returns the edition with this id, or the only one whose id begins with it.

    Raises NotFound if there is none, and InvalidInput if there are several.
    """
    found = [one for one in editions if one.edition_id.startswith(edition_id)]
    if not found:
        raise NotFound("没有这一版日历", "There is no such edition", edition=edition_id)
    whole = next((one for one in found if one.edition_id == edition_id), None)
    if whole is None and len(found) > 1:
        ids = "、".join(one.edition_id for one in found)
        zh = f"有多版日历的编号以“{edition_id}”开头，请多写几位：{ids}"
        raise InvalidInput(
            zh, f"Several editions begin with “{edition_id}”; write more of it: {ids}"
        )
    return whole or found[0]


def _print_terms(terms: Sequence[calendar_pb2.MovedTerm]) -> None:
    heads = choose(
        "期限 编号 机关 原届满日 新届满日", "term number bureau old-last-day new-last-day"
    ).split()
    in_order = sorted(terms, key=lambda term: (term.old_on, term.label))
    show.table(choose("会改变的期限", "terms that it moves"), heads, map(_row, in_order))


def _row(term: calendar_pb2.MovedTerm) -> Sequence[object]:
    return (
        choose(*KINDS.get(term.kind, (term.kind, term.kind))),
        term.label,
        term.bureau,
        _day(term.old_on, provisional=term.was_provisional),
        _day(term.new_on, provisional=term.is_provisional),
    )


def _day(day: str, *, provisional: bool) -> str:
    return day + choose("（暂定）", " (provisional)") if provisional else day
