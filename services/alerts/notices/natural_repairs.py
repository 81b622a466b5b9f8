"""Tells subjects that adverse records left the archive: natural repair (S3 19, S4 四(四))."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from sqlmodel import col, select

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.reader.texts import spell_articles
from plumbing.change import Change
from plumbing.chunks import chunks
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import registry_pb2
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.record_keys import adverse_record_key
from services.alerts.notices.texts import Contact, RecordFact, Text, body
from services.alerts.tables import Notice, NoticeKind, Record, Subject

IDS_PER_QUERY = 500


async def tell_of_natural_repairs(
    change: Change, event: registry.RecordsChanged, stored: Mapping[str, Record]
) -> None:
    """Issues one notice to each subject, which names the records of which it had been told.

    `stored` are the records as they were before the event.
    """
    ended = [stored[one.record_id] for one in event.records if _left(one, stored)]
    told = await _told(change, ended)
    by_subject: defaultdict[str, list[Record]] = defaultdict(list)
    for row in ended:
        if row.record_id in told:
            by_subject[row.subject_id].append(row)
    for subject_id, rows in by_subject.items():
        await _tell(change, subject_id, rows, event.change.ground)


def _left(record: registry_pb2.Record, stored: Mapping[str, Record]) -> bool:
    row = stored.get(record.record_id)
    return row is not None and row.version < record.version


async def _told(change: Change, records: Sequence[Record]) -> set[str]:
    """The ids of those of the records about which a notice was issued, of whatever version."""
    ids = {
        adverse_record_key(row.record_id, version): row.record_id
        for row in records
        for version in range(1, row.version + 1)
    }
    found: set[str] = set()
    for keys in chunks([*ids], IDS_PER_QUERY):
        rows = await change.session.exec(select(Notice.key).where(col(Notice.key).in_(keys)))
        found.update(ids[key] for key in rows)
    return found


async def _tell(change: Change, subject_id: str, rows: Sequence[Record], cite: str) -> None:
    subject = await known(change.session, Subject, subject_id)
    if subject.placeholder:
        return
    contact, first = await contact_of(change.session, subject.bureau), rows[0]
    facts = [RecordFact(row.kind, row.summary, row.source_ref, row.determined_on) for row in rows]
    about = (subject.name, facts, cite, contact)
    await issue(
        change,
        NoticeKind.SUBJECT,
        f"natural_repair/{first.record_id}/{first.version}",
        subject,
        subject.bureau,
        in_chinese(*about),
        Matter(f"subject/{subject_id}"),
        in_english=partial(in_english, *about),
    )


def in_chinese(name: str, facts: Sequence[RecordFact], cite: str, bureau: Contact) -> Text:
    """Writes the notice to the subject `name` in Chinese."""
    return Text(
        "信用信息保存期限届满：自然修复",
        body(
            f"{name}：\n下列信息的保存期限已届满，已从贵单位计量信用档案删除（自然修复），"
            f"不再计入信用评价，也不再公开（依据：{spell_articles(cite)}）：",
            *(f"· {fact}" for fact in facts),
            f"联系：{bureau}",
        ),
    )


def in_english(name: str, facts: Sequence[RecordFact], cite: str, bureau: Contact) -> Text:
    """Writes the notice to the subject `name` in English."""
    lines = [
        f"- {kind_name(RecordKind(fact.kind), 'en')}, determined on {fact.determined_on}. "
        + as_written("Facts" if fact.summary else "Document", fact.summary or fact.source_ref)
        for fact in facts
    ]
    return Text(
        "Kept for its full time: natural repair",
        body(
            f"{name}:\nThese records were kept for their full time and left your metrology credit "
            f"archive ({spell_articles(cite, 'en')}). They count no more, nor are they public:",
            *lines,
            f"Contact: {bureau.name}",
        ),
    )
