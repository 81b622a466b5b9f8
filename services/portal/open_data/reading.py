"""Reads the rows of the public data sets from the services, page by page, as a visitor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from law.instruments import InstrumentType, catalogue
from law.reader.texts import TEXTS, Text
from law.terms.workdays import Edition, edition
from law.texts_in_force.load import list_rulesets
from law.texts_in_force.model import Ruleset
from plumbing.client import ask
from protos.alerts.v1 import exposure_lists_pb2 as exposure_lists
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import publicity_pb2 as publicity
from protos.registry.v1 import directory_pb2 as directory_pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.clients import Services

PAGE_SIZE = 1000  # the longest page that a service gives
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class GradedSubject:
    """A subject and its grade in force today; the grade is empty if there is none."""

    subject: registry.Subject
    grade: grading.Grade


@dataclass(frozen=True)
class RowOfIndex:
    """A row of the table from which an index was computed."""

    index: assessments.Index
    row: assessments.IndexRow


@dataclass(frozen=True)
class TypeOfInstitution:
    """An institution of the directory, and a type that it may verify today."""

    institution: directory_pb.DirectoryEntry
    authorised: directory_pb.AuthorisedType


@dataclass(frozen=True)
class LaboratoryOfInstitution:
    """An institution of the directory, and a laboratory that it released."""

    institution: directory_pb.DirectoryEntry
    laboratory: directory_pb.DirectoryLaboratory


@dataclass(frozen=True)
class CalendarDay:
    """A day of the working-day calendar; `arranged` is true if a notice names the day."""

    day: date
    works: bool
    arranged: bool


async def subjects(services: Services) -> AsyncIterator[GradedSubject]:
    """Reads every subject that is listed openly, with its grade in force today."""
    request = registry.ListSubjectsRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.registry.ListSubjects, request):
        grades = await _grades(services, [one.subject_id for one in answer.subjects])
        for subject in answer.subjects:
            yield GradedSubject(subject, grades.get(subject.subject_id, grading.Grade()))


async def _grades(services: Services, ids: list[str]) -> dict[str, grading.Grade]:
    if not ids:
        return {}
    request = grading.ListGradesInForceRequest(subject_ids=ids)
    answer = await ask(services.grading.ListGradesInForce(request))
    return {grade.subject_id: grade for grade in answer.grades}


async def records(services: Services) -> AsyncIterator[registry.DisclosedRecord]:
    """Reads every credit record that is disclosed today, with its last day."""
    request = registry.ListDisclosedRecordsRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.registry.ListDisclosedRecords, request):
        for record in answer.records:
            yield record


async def exposed(services: Services) -> AsyncIterator[exposure_lists.ExposedSubject]:
    """Reads every subject that stands on a public exposure list today."""
    request = exposure_lists.ListExposedSubjectsRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.exposure_lists.ListExposedSubjects, request):
        for subject in answer.subjects:
            yield subject


async def repairs(services: Services) -> AsyncIterator[publicity.Announcement]:
    """Reads every repair that is announced today."""
    request = publicity.ListAnnouncementsRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.publicity.ListAnnouncements, request):
        for announcement in answer.announcements:
            yield announcement


async def record_changes(services: Services) -> AsyncIterator[publicity.RecordChange]:
    """Reads every change that a case made to a public record, the earliest first."""
    request = publicity.ListRecordChangesRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.publicity.ListRecordChanges, request):
        for change in answer.changes:
            yield change


async def indices(services: Services) -> AsyncIterator[assessments.Index]:
    """Reads every published index of an area, without its rows."""
    request = assessments.ListIndexesRequest(page_size=PAGE_SIZE, state="published")
    async for answer in _pages(services.assessments.ListIndexes, request):
        for index in answer.indexes:
            yield index


async def index_rows(services: Services) -> AsyncIterator[RowOfIndex]:
    """Reads the rows of the tables from which the published indices were computed."""
    async for index in indices(services):
        request = assessments.GetIndexRequest(index_id=index.index_id)
        found = (await ask(services.assessments.GetIndex(request))).index
        for row in found.rows:
            yield RowOfIndex(found, row)


async def directory(services: Services) -> AsyncIterator[TypeOfInstitution]:
    """Reads the institutions of the service directory, with each type that they may verify today.

    One that may verify nothing today has one row without a type.
    """
    request = directory_pb.ListDirectoryRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.directory.ListDirectory, request):
        for entry in answer.institutions:
            for one in entry.authorised or [directory_pb.AuthorisedType()]:
                yield TypeOfInstitution(entry, one)


async def laboratories(services: Services) -> AsyncIterator[LaboratoryOfInstitution]:
    """Reads the laboratories of the service directory that are authorised today."""
    request = directory_pb.ListDirectoryRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.directory.ListDirectory, request):
        for entry in answer.institutions:
            for one in entry.laboratories:
                yield LaboratoryOfInstitution(entry, one)


async def instrument_types(_services: Services) -> AsyncIterator[InstrumentType]:
    """Reads the types of instruments, with the regulation by which each is verified."""
    for one in catalogue().values():
        yield one


async def bureaus(services: Services) -> AsyncIterator[registry.Bureau]:
    """Reads every bureau with its contact for objections."""
    request = registry.ListBureausRequest(page_size=PAGE_SIZE)
    async for answer in _pages(services.registry.ListBureaus, request):
        for bureau in answer.bureaus:
            yield bureau


async def calendar(_services: Services) -> AsyncIterator[CalendarDay]:
    """Reads every day of the years that the latest edition of the calendar arranges."""
    latest = edition()
    for year in sorted(latest.years):
        for day in _days_of(year):
            yield CalendarDay(day, latest.is_workday(day), _is_arranged(latest, day))


def _days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += _DAY


def _is_arranged(calendar: Edition, day: date) -> bool:
    return day in calendar.off or day in calendar.work


async def rule_texts(_services: Services) -> AsyncIterator[Text]:
    """Reads the legal texts on which the rules are based."""
    for text in TEXTS.values():
        yield text


async def rulesets(_services: Services) -> AsyncIterator[Ruleset]:
    """Reads the rulesets that grade subjects."""
    for ruleset in list_rulesets():
        yield ruleset


async def _pages(call: Callable[[Any], Awaitable[Any]], request: Any) -> AsyncIterator[Any]:
    """Yields every page of a list."""
    while True:
        answer = await ask(call(request))
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token
