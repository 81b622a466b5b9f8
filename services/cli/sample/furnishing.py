"""Fills pages of a sandbox that an import leaves empty, by the acts of its cast.

A laboratory with an hour too damp, at which a caseworker has looked; an instrument that need not be
verified and is calibrated by a cycle of its owner's; institutions with sites and capacity, whose
order book has an order in every state; experts and examiners.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import date
from typing import NamedTuple

from plumbing.client import new_request_id
from plumbing.settings import Settings
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import laboratories_pb2 as laboratories
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, fixed_token, log_in
from services.cli.sample import order_book, qualifications
from services.cli.sample.institution import DOCUMENT, FROM, UNTIL, authorise_second, state_own
from services.cli.sample.instruments import INSTITUTION, LABORATORY, SampleInstrument, instruments
from services.cli.sample.order_book import OrderBook
from services.cli.sample.subjects import subjects

CYCLE_MONTHS = 12  # example: true
_GROUND = "只用于内部质量控制"
_NOTE = "当日下雨，除湿机已检修；复测同批器具，结果不受影响。"
# Temperature and humidity in the hours of the work; the second is outside the limits on file.
_MEASURED = (("20.4", "61"), ("20.9", "88"), ("21.3", "63"))


class People(NamedTuple):
    """Those who act: of a bureau, the head of its city, of an institution, and of two operators."""

    caseworker: Client
    head: Client
    city_head: Client
    institution: Client
    operator: Client
    applicant: Client


# The accounts of those who act; the last one is beside the cast.
APPLICANT = "sample.applicant"
_ACCOUNTS = (
    *("demo.caseworker", "demo.unithead", "demo.cityhead", "demo.institution", "demo.operator"),
    APPLICANT,
)


async def people(settings: Settings, passwords: Mapping[str, str], exits: AsyncExitStack) -> People:
    """Signs in those who act; `passwords` are theirs, by account."""
    clients = []
    for name in _ACCOUNTS:
        session = await log_in(settings, name, passwords[name])
        clients.append(Client(settings, fixed_token(session.token)))
        exits.push_async_callback(clients[-1].close)
    return People(*clients)


async def furnish(acting: People, bureau: str) -> None:
    """Does all acts of the cast; `bureau` is its bureau."""
    clock = await acting.caseworker.clock.GetClock(registry.GetClockRequest())
    today = date.fromisoformat(clock.today)
    fleet = instruments(subjects(), today)
    await _measure(acting, next(one for one in fleet if one.in_laboratory))
    await _exempt(acting, next(one for one in fleet if one.exempt))
    await state_own(acting.institution, bureau)
    await authorise_second(acting.head, acting.city_head, bureau)
    await qualifications.enter(acting.caseworker, acting.head, bureau)
    book = OrderBook(acting.institution, acting.caseworker, today, fleet)
    await book.fill(acting.applicant, order_book.OF_APPLICANT)
    await book.fill(acting.operator, order_book.OF_OPERATOR)
    await book.report_late(acting.operator, order_book.REPORTED_LATE)


async def _measure(acting: People, marked: SampleInstrument) -> None:
    """Registers the laboratory, sends its records, and notes what was found of the mark."""
    laboratory = laboratories.Laboratory(
        institution_id=INSTITUTION,
        name=LABORATORY,
        site="样例路 8 号 二楼",
        document_no=DOCUMENT,
        valid_from=FROM,
        valid_until=UNTIL,
    )
    put = laboratories.PutLaboratoryRequest(request_id=new_request_id(), laboratory=laboratory)
    filed = (await acting.head.laboratories.PutLaboratory(put)).laboratory
    records = [
        laboratories.EnvironmentRecord(
            sensor="1号", hour=f"{hour}:00", temperature=temperature, humidity=humidity
        )
        for hour, (temperature, humidity) in zip(marked.hours, _MEASURED, strict=True)
    ]
    send = laboratories.RecordEnvironmentRequest(
        request_id=new_request_id(), laboratory_id=filed.laboratory_id, records=records
    )
    await acting.institution.laboratories.RecordEnvironment(send)
    found = await acting.caseworker.laboratories.ListEnvironmentMarks(
        laboratories.ListEnvironmentMarksRequest()
    )
    for one in found.marks:
        note = laboratories.NoteEnvironmentMarkRequest(
            request_id=new_request_id(),
            verification_id=one.mark.verification_id,
            version=one.mark.version,
            note=_NOTE,
        )
        await acting.caseworker.laboratories.NoteEnvironmentMark(note)


async def _exempt(acting: People, exempt: SampleInstrument) -> None:
    """States that an instrument need not be verified, releases that, and sets its cycle."""
    owned = registry.ListInstrumentsRequest(subject_id=exempt.owner.credit_code, page_size=1000)
    listed = (await acting.caseworker.registry.ListInstruments(owned)).instruments
    instrument = next(one for one in listed if one.serial_no == exempt.serial_no)
    instrument.non_compulsory_ground = _GROUND
    put = registry.PutInstrumentRequest(request_id=new_request_id(), instrument=instrument)
    proposal = (await acting.caseworker.registry.PutInstrument(put)).proposal
    release = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="情况属实"
    )
    await acting.head.proposals.ReleaseProposal(release)
    cycle = calibrations.SetCalibrationCycleRequest(
        request_id=new_request_id(), instrument_id=instrument.instrument_id, months=CYCLE_MONTHS
    )
    await acting.operator.calibrations.SetCalibrationCycle(cycle)
