"""The codes on the labels of instruments, and what anybody learns by scanning one (S4 二(四)).

A code is the beginning of the instrument's id and a signature of the whole id: short enough for a
small label, and nobody can find the codes of instruments by trying. The key is made once and stays
in the database, because labels last as long as instruments do. Behind the company prefix of a
bureau, the code is a GS1 key (8004); an instrument is found by that of its maker (01, 21) too.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import ColourBasis, colour_basis, colour_on
from law.colours.rule import InstrumentState, VerificationResult
from law.disclosure.rule import Audience, Field, visible_fields
from law.errors import NotFound
from plumbing import paging, row_scope
from plumbing.database import Database, unindexed
from plumbing.identity import covering
from plumbing.papers.check_code import ALPHABET
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry import gs1, lookup, maker_codes
from services.registry.disclosure import listed
from services.registry.orders.tables import UNENDED, Order
from services.registry.parts_of_instruments import order_of_a_day, standings
from services.registry.red_alerts import fact_of
from services.registry.sameness import aliases
from services.registry.tables import Bureau, Instrument, LabelKey, Subject, Verification

PREFIX = 10  # characters of the id: two instruments with the same are told apart by the signature
_SIGNATURE = 8  # characters of 5 bits
LENGTH = PREFIX + _SIGNATURE  # without the hyphen
_ONLY = 1  # the id of the only key
_CODE = re.compile(rf"([0-9a-z]{{{PREFIX}}})([0-9a-z]{{{_SIGNATURE}}})")


async def ensure_key(database: Database) -> None:
    """Makes the key of labels on the first start; replicas that start at once agree on one."""
    async with database.transaction() as session:
        statement = "INSERT INTO label_key (key_id, secret) VALUES (:key_id, :secret)"
        given = {"key_id": _ONLY, "secret": secrets.token_hex(32)}
        connection = await session.connection()
        await connection.execute(sa.text(f"{statement} ON CONFLICT DO NOTHING"), given)


async def _key(session: AsyncSession) -> bytes:
    return bytes.fromhex((await session.get_one(LabelKey, _ONLY)).secret)


def code_of(key: bytes, instrument_id: str) -> str:
    """Returns the code of an instrument's label, such as 3f9a01c2d4-7k3m9qxb."""
    signature = hmac.digest(key, instrument_id.encode(), "sha256")
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in signature[:_SIGNATURE])
    return f"{instrument_id[:PREFIX]}-{letters.lower()}"


async def scan_instrument(
    view: View, request: pb.ScanInstrumentRequest
) -> pb.ScanInstrumentResponse:
    """Returns what anybody may know of the instrument whose label has the code.

    A GS1 key of an instrument (S2 附件2-2) leads to it as the code of its label does. The name of
    the user is given only if the subject may be listed openly. Raises InvalidInput for a GS1 key
    that is not valid, and NotFound for a code that no instrument has.
    """
    find = _with_key if gs1.has_key(request.code) else _with_code
    row = await find(view.session, request.code)
    if row is None:
        raise NotFound("没有这个标签编号", "No instrument has a label with this code")
    return pb.ScanInstrumentResponse(instrument=await _scanned(view, row))


async def _with_code(session: AsyncSession, given: str) -> Instrument | None:
    code = _CODE.fullmatch(re.sub(r"[\s\-－—]", "", given).lower())
    if code is None:
        return None
    begins, key = code[1], await _key(session)
    identity = col(Instrument.instrument_id)
    rows = await session.exec(
        select(Instrument).where(
            # The range lets the database use its index.
            identity >= begins,
            identity <= f"{begins}zzzz",
        )
    )
    written = f"{begins}-{code[2]}".encode()
    for row in rows.all():
        if hmac.compare_digest(code_of(key, row.instrument_id).encode(), written):
            return await _now(session, row) if row.removed else row
    return None


async def _with_key(session: AsyncSession, given: str) -> Instrument | None:
    """The instrument with a GS1 key; the key of a label begins with the prefix of some bureau.

    It need not be the bureau of today: a label stays on an instrument that moves.
    """
    key = gs1.read_key(given)
    if isinstance(key, gs1.Maker):
        row = await maker_codes.with_code(session, key.path) if key.serial else None
        return await _now(session, row) if row and row.removed else row
    prefix, code = key.giai[:-LENGTH], key.giai[-LENGTH:]
    prefixes = await session.exec(select(Bureau.gs1_prefix).where(col(Bureau.gs1_prefix) == prefix))
    return await _with_code(session, code) if prefix and prefixes.first() else None


async def _now(session: AsyncSession, row: Instrument) -> Instrument | None:
    """What an instrument was joined to: its label stays on the instrument, which is one."""
    present = await aliases.present_id(session, aliases.INSTRUMENT, row.instrument_id)
    found = await session.get(Instrument, present) if present else None
    return None if found is None or found.removed else found


async def _scanned(view: View, row: Instrument) -> pb.ScannedInstrument:
    owner = await view.session.get_one(Subject, row.subject_id)
    bureau = await view.session.get_one(Bureau, row.bureau)
    shown = visible_fields(owner.kind, Audience.SCAN, view.today)
    scanned = pb.ScannedInstrument(bureau_name=bureau.name, bureau_phone=bureau.phone)
    scanned.code = code_of(await _key(view.session), row.instrument_id)
    if Field.INSTRUMENT in shown:
        for name in ("type_code", "model", "serial_no", "manufacturer"):
            setattr(scanned, name, getattr(row, name))
        scanned.state = row.state.value
        scanned.non_compulsory = bool(row.non_compulsory_ground)
    if Field.VERIFICATION in shown:
        scanned.MergeFrom(await _verified(view, row))
    if listed(owner, view.today):
        scanned.shop_name, scanned.subject_id = owner.name, owner.subject_id
    return scanned


async def _verified(view: View, row: Instrument) -> pb.ScannedInstrument:
    """The last result of an instrument, and the colour that follows from all of them."""
    query = select(Verification).where(
        Verification.instrument_id == row.instrument_id,
        sa.not_(sa.or_(col(Verification.removed), col(Verification.set_aside))),
    )
    in_order = sorted(await view.session.exec(query), key=order_of_a_day)
    basis = _basis(row, in_order, view.today)
    answer = colour_on(basis.basis, basis.valid_until, view.today)
    shown = pb.ScannedInstrument(
        colour=answer.colour.value,
        reason_zh=answer.reason,
        reason_en=answer.reason_en,
        cite=answer.cite,
        valid_until=basis.valid_until.isoformat() if basis.valid_until else "",
        parts=standings(row, in_order, view.today),
    )
    decided = [one for one in in_order if one.result is not VerificationResult.PENDING]
    if decided:
        last = decided[-1]
        shown.verified_on, shown.result = last.verified_on.isoformat(), last.result.value
        shown.institution, shown.certificate_no = last.institution, last.certificate_no
        shown.certificate_sha256 = last.certificate_sha256
    return shown


def _basis(row: Instrument, in_order: Sequence[Verification], today: date) -> ColourBasis:
    facts = [*map(fact_of, in_order)]
    return colour_basis(
        *(row.type_code, row.state, row.rotate_on, facts, row.parts),
        on=today,
        compulsory=not row.non_compulsory_ground,
    )


async def list_labels(view: View, request: pb.ListLabelsRequest) -> pb.ListLabelsResponse:
    """Returns a page of labels of the instruments in the caller's scope.

    They are limited to what the request names: a subject, a bureau, chosen instruments, a type, a
    state, or the institution that verified them or has an order for them. Scrapped instruments have
    no label.
    """
    rows = select(Instrument).where(
        sa.not_(col(Instrument.removed)),
        col(Instrument.state) != InstrumentState.SCRAPPED,
        row_scope.seen(view.caller, Instrument.subject_id, Instrument.bureau),
    )
    if request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        rows = rows.where(col(Instrument.subject_id) == subject_id)
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Instrument.bureau))
    if request.instrument_ids:
        rows = rows.where(col(Instrument.instrument_id).in_(request.instrument_ids))
    if request.type_code:
        rows = rows.where(unindexed(col(Instrument.type_code) == request.type_code))
    if request.state:
        rows = rows.where(Instrument.state == InstrumentState(request.state))
    if request.institution:
        rows = rows.where(unindexed(_at_institution(request.institution)))
    page, token = await paging.page(view.session, request, rows, Instrument.instrument_id)
    count = await paging.count(view.session, request, rows, token)
    key, prefixes = await _key(view.session), await _prefixes(view.session)
    labels = [_label(key, row, _prefix_of(prefixes, row.bureau)) for row in page]
    return pb.ListLabelsResponse(labels=labels, next_page_token=token, **count)


def _at_institution(name: str) -> sa.ColumnElement[bool]:
    """A condition for instruments that an institution verified, or which it has an order for."""
    verified = select(Verification.instrument_id).where(
        Verification.institution == name, sa.not_(col(Verification.removed))
    )
    ordered = select(Order.instrument_id).where(Order.institution == name, sa.text(UNENDED))
    identity = col(Instrument.instrument_id)
    return sa.or_(identity.in_(verified), identity.in_(ordered))


async def _prefixes(session: AsyncSession) -> Mapping[str, str]:
    """The GS1 company prefixes of the bureaus that have one, by the bureau's code."""
    query = select(Bureau.code, Bureau.gs1_prefix).where(
        Bureau.gs1_prefix != "", sa.not_(col(Bureau.removed))
    )
    return dict((await session.exec(query)).all())


def _prefix_of(prefixes: Mapping[str, str], bureau: str) -> str:
    """The prefix of a bureau, or of the nearest one above it; empty if there is none."""
    return next((prefixes[code] for code in covering(bureau) if code in prefixes), "")


def _label(key: bytes, row: Instrument, prefix: str) -> pb.Label:
    code = code_of(key, row.instrument_id)
    return pb.Label(
        instrument_id=row.instrument_id,
        subject_id=row.subject_id,
        code=code,
        giai=gs1.giai_of(prefix, code) if prefix else "",
        type_code=row.type_code,
        serial_no=row.serial_no,
        model=row.model,
    )
