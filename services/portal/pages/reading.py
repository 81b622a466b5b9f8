"""Functions by which several groups of pages read data from the services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import grpc

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import registry_pb2 as registry
from services.portal.law_links import plain_citation
from services.portal.listing import Cell, day_of
from services.portal.pictures.colour_board import ColourBoard, colour_board
from services.portal.pictures.grade_path import GradePath, grade_path
from services.portal.visit import Visit
from services.portal.wording import N_, Words

# How a service answers for something that the visitor may not see, or that is gone.
HIDDEN = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED)
ALL = 1000  # the longest page a service gives; no list of one subject is longer


async def today(visit: Visit) -> str:
    """Reads the date of the platform's clock once for a visit, in ISO format."""

    async def read() -> str:
        return (await ask(visit.services.clock.GetClock(registry.GetClockRequest()))).today

    return await visit.today.get(read)


async def subject(visit: Visit, subject_id: str) -> registry.Subject:
    """Reads a subject by its id or its credit code."""
    request = registry.GetSubjectRequest(subject_id=subject_id)
    return (await ask(visit.services.registry.GetSubject(request))).subject


async def firm_of(visit: Visit, case: objection.Case) -> registry.Subject:
    """Reads the subject of a case; for its agent, who may not read it, only what it is to them."""
    if acts_for_another(visit, case):
        return registry.Subject(subject_id=case.subject_id, name=visit.say("委托单位"))
    return await subject(visit, case.subject_id)


def acts_for_another(visit: Visit, case: objection.Case) -> bool:
    """Returns whether the visitor is the agent of a case."""
    return visit.has(Role.OPERATOR) and visit.person.subject_id != case.subject_id


async def subject_names(visit: Visit, ids: Iterable[str]) -> Mapping[str, registry.Subject]:
    """Reads the subjects with these ids; omits those that the visitor may not see."""

    async def read(wanted: Sequence[str]) -> Sequence[registry.Subject]:
        request = registry.ListSubjectsRequest(subject_ids=wanted, page_size=ALL)
        return (await ask(visit.services.registry.ListSubjects(request))).subjects

    wanted = sorted(set(filter(None, ids)))
    parts = [wanted[start : start + ALL] for start in range(0, len(wanted), ALL)]
    found = await asyncio.gather(*map(read, parts))
    return {one.subject_id: one for part in found for one in part}


async def records_of(visit: Visit, subject_id: str) -> list[registry.Record]:
    """Reads every credit record of a subject that the visitor may see, newest first."""
    request = registry.ListRecordsRequest(subject_id=subject_id, page_size=ALL)
    records = (await ask(visit.services.registry.ListRecords(request))).records
    return sorted(records, key=lambda record: record.determined_on, reverse=True)


async def kept_record(visit: Visit, record_id: str) -> registry.GetRecordResponse:
    """Reads a credit record with its earlier versions and its storage period."""
    request = registry.GetRecordRequest(record_id=record_id)
    return await ask(visit.services.registry.GetRecord(request))


async def grade_of(visit: Visit, subject_id: str) -> grading.Grade | None:
    """Reads the grade of a subject in force today; None if the subject has no grade yet."""
    try:
        request = grading.GetGradeRequest(subject_id=subject_id)
        return (await ask(visit.services.grading.GetGrade(request))).grade
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.NOT_FOUND:
            return None
        raise


async def colours_of(visit: Visit, subject_id: str) -> dict[str, int]:
    """Counts the instruments of a subject by colour; empty if alerts does not know the subject yet.

    Alerts learns of a new subject from an event, a moment after its registration.
    """
    try:
        request = alerts.CountColoursRequest(subject_id=subject_id)
        totals = (await ask(visit.services.alerts.CountColours(request))).totals
    except Refusal as refusal:
        if refusal.code in HIDDEN:
            return {}
        raise
    return {total.colour: total.instruments for total in totals}


async def path_of(visit: Visit, receipt_id: str) -> tuple[GradePath, list[str]]:
    """Reads a receipt; returns how its grade was computed, as a picture and as sentences."""
    request = grading.GetReceiptRequest(receipt_id=receipt_id)
    answer = await ask(visit.services.grading.GetReceipt(request))
    chinese = visit.language == "zh-CN"
    sentences = answer.explanation_zh if chinese else answer.explanation_en
    return grade_path(answer.receipt_json), list(sentences)


async def board_of(visit: Visit, *, bureau: str = "", subject_id: str = "") -> ColourBoard:
    """Reads the colour board of a bureau or a subject; without either, of all the visitor may see.

    A page shows it with the macro `board` of board.html.
    """
    request = alerts.GetColourBoardRequest(bureau=bureau, subject_id=subject_id)
    answer = await ask(visit.services.alerts.GetColourBoard(request))
    asked = {"bureau": bureau, "subject": subject_id}
    return colour_board(answer, {name: value for name, value in asked.items() if value})


async def bureau_names(visit: Visit) -> dict[str, str]:
    """Reads the name of every bureau, by its code; what changed is shown within ten seconds."""

    async def read() -> dict[str, str]:
        request = registry.ListBureausRequest(page_size=ALL)
        bureaus = (await ask(visit.services.registry.ListBureaus(request))).bureaus
        return {bureau.code: bureau.name for bureau in bureaus}

    return await visit.portal.bureau_names.get(read)


async def institution_names(visit: Visit, kept: str = "") -> list[str]:
    """Reads the names of the verification institutions in scope, and `kept`, by name."""
    request, names = institutions.ListInstitutionsRequest(page_size=ALL), {kept} - {""}
    while True:
        answer = await ask(visit.services.institutions.ListInstitutions(request))
        names |= {one.name for one in answer.institutions}
        if not answer.next_page_token:
            return sorted(names)
        request.page_token = answer.next_page_token


def article_cell(words: Words, citation: str) -> Cell:
    """Returns the article of a row, with a link to its words if there is just one."""
    text, address = plain_citation(citation, words.lang)
    return Cell(text, address)


def last_day_cell(words: Words, row: alerts.InstrumentColour, day: str, link: str = "") -> Cell:
    """Returns until when an instrument is verified, and how long that is from `day`.

    Nothing for an instrument under no compulsory verification: it is overdue for none (C-44).
    """
    if row.non_compulsory:
        return Cell("")
    return Cell(day_of(row.valid_until), link, note=words.days_left(row.valid_until, day))


def certificate_cell(visit: Visit, held: registry.Verification) -> Cell:
    """Returns the number of a certificate, with a link, and whether its file has been sent."""
    note = N_("有证书文件") if held.certificate_sha256 else N_("没有证书文件")
    number = held.certificate_no or visit.say(N_("没有编号"))
    return Cell(number, f"/verifications/{held.verification_id}", note=visit.say(note))


async def account_names(visit: Visit, ids: Iterable[str]) -> Mapping[str, str]:
    """Reads the display names of accounts, by id; ids that are no account's are left out."""
    wanted = sorted(set(filter(None, ids)))
    if not wanted:
        return {}
    request = identity.NameAccountsRequest(account_ids=wanted)
    names = (await ask(visit.services.identity.NameAccounts(request))).names
    return {one.account_id: one.display_name for one in names}
