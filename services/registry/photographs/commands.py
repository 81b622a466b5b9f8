"""The command that adds a photograph to an instrument, and the queries on photographs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound, WrongState
from plumbing.archives import plain_name
from plumbing.change import Change
from plumbing.files import StoredFile
from plumbing.settings import Settings
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.registry.v1 import photographs_pb2 as pb
from services.registry import lookup
from services.registry.commands.targets import find_instrument
from services.registry.photographs.policy import SENDERS
from services.registry.photographs.tables import Photograph
from services.registry.tables import Instrument

CITE = "S4 二(三)"
_APART = {"uploaded_at", "preview_sha256"}


async def require_room(change: Change, header: pb.PhotographHeader, most: int) -> Instrument:
    """Returns the instrument of a photograph, locked, if it has fewer than `most`.

    Raises NotFound for an unknown instrument, NotPermitted outside the caller's scope, and
    WrongState if it has as many.
    """
    instrument = await find_instrument(change, header.instrument_id)
    held = select(sa.func.count()).where(col(Photograph.instrument_id) == instrument.instrument_id)
    if (await change.session.exec(held)).one() >= most:
        zh, en = f"一件器具最多 {most} 张照片", f"An instrument has at most {most} photographs"
        raise WrongState(zh, en)
    return instrument


async def add_photograph(
    change: Change,
    header: pb.PhotographHeader,
    *,
    stored: StoredFile,
    preview: StoredFile | None,
    most: int,
) -> pb.AddPhotographResponse:
    """Keeps a photograph with its instrument; the same file is there once.

    Raises the errors of `require_room`.
    """
    instrument = await find_instrument(change, header.instrument_id)
    same = select(Photograph).where(
        Photograph.instrument_id == instrument.instrument_id, Photograph.sha256 == stored.sha256
    )
    row = (await change.session.exec(same)).first()
    if row is None:
        await require_room(change, header, most)
        name = re.split(r"[/\\]", header.file_name)[-1]
        row = Photograph(
            photograph_id=uuid4().hex,
            instrument_id=instrument.instrument_id,
            shows=header.shows,
            sha256=stored.sha256,
            size=stored.size,
            kind=stored.kind.value,
            file_name=f"{plain_name(name.rpartition('.')[0] or name)}.{stored.kind.extension}",
            uploaded_by=change.on_behalf_of,
            uploaded_at=change.at,
            preview_sha256=preview.sha256 if preview else "",
            preview_size=preview.size if preview else 0,
        )
        change.session.add(row)
        change.audit(
            "add_photograph",
            f"instrument/{instrument.instrument_id}",
            after={"shows": row.shows, "sha256": row.sha256, "size": row.size},
            ground=CITE,
            bureau=instrument.bureau,
        )
    return pb.AddPhotographResponse(photograph=message(row))


async def list_photographs(
    view: View, request: pb.ListPhotographsRequest, *, settings: Settings
) -> pb.ListPhotographsResponse:
    """Returns the photographs of an instrument, the oldest first.

    Raises NotFound for an unknown instrument, and NotPermitted outside the caller's scope.
    """
    instrument = await lookup.instrument(view, request.instrument_id)
    if instrument is None:
        zh, en = "没有该计量器具", "There is no such instrument"
        raise NotFound(zh, en, instrument_id=request.instrument_id)
    view.caller.require_subject(instrument.subject_id, instrument.bureau)
    rows = await _of(view, instrument.instrument_id)
    most = settings.photograph_max_files
    return pb.ListPhotographsResponse(
        photographs=map(message, rows),
        may_add=view.caller.has(*SENDERS) and len(rows) < most,
        longest=settings.evidence_max_bytes,
        most=most,
    )


async def _of(view: View, instrument_id: str) -> Sequence[Photograph]:
    rows = select(Photograph).where(Photograph.instrument_id == instrument_id)
    in_order = rows.order_by(col(Photograph.uploaded_at), col(Photograph.photograph_id))
    return (await view.session.exec(in_order)).all()


async def find_photograph(view: View, photograph_id: str) -> Photograph:
    """Returns a photograph of an instrument that the caller may see.

    Raises NotFound if there is none.
    """
    row = await find_by_id(view.session, Photograph, photograph_id)
    instrument = await view.session.get(Instrument, row.instrument_id) if row else None
    if row is None or instrument is None or not _sees(view, instrument):
        zh, en = "没有这张照片", "There is no such photograph"
        raise NotFound(zh, en, photograph_id=photograph_id)
    return row


def _sees(view: View, instrument: Instrument) -> bool:
    return view.caller.sees(instrument.subject_id, instrument.bureau)


def message(row: Photograph) -> pb.Photograph:
    """Converts a photograph to a message."""
    converted = pb.Photograph(**row.model_dump(exclude=_APART))
    converted.uploaded_at.FromDatetime(row.uploaded_at)
    return converted


async def join_photographs(change: Change, kept_id: str, former_ids: Sequence[str]) -> list[str]:
    """Gives the photographs of joined instruments to the one that stays; returns their ids.

    One that it has already stays where it is.
    """
    own = select(Photograph.sha256).where(Photograph.instrument_id == kept_id)
    known = set((await change.session.exec(own)).all())
    of_former = select(Photograph).where(col(Photograph.instrument_id).in_(former_ids))
    moved = []
    for row in await change.session.exec(of_former.order_by(Photograph.photograph_id)):
        if row.sha256 not in known:
            known.add(row.sha256)
            row.instrument_id = kept_id
            moved.append(row.photograph_id)
    await change.session.flush()
    return moved
