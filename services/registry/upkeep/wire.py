"""Converts entries of the log of upkeep and their files to messages."""

from __future__ import annotations

from collections.abc import Collection

from law.upkeep import kind_of, verify_again
from protos.registry.v1 import upkeep_pb2 as pb
from services.registry.tables import Instrument
from services.registry.upkeep.tables import UpkeepEntry, UpkeepFile


def upkeep(row: UpkeepEntry) -> pb.Upkeep:
    """Converts an entry to a message."""
    values = row.model_dump(exclude={"done_on", "entered_at"})
    message = pb.Upkeep(**values, done_on=row.done_on.isoformat())
    message.entered_at.FromDatetime(row.entered_at)
    return message


def entry(
    row: UpkeepEntry, instrument: Instrument, subject_name: str, unpassed: Collection[str]
) -> pb.UpkeepEntry:
    """Converts an entry to a message, with what identifies its instrument.

    `unpassed` are the ids of entries after which there was no pass yet.
    """
    kind = kind_of(row.kind)
    return pb.UpkeepEntry(
        upkeep=upkeep(row),
        type_code=instrument.type_code,
        serial_no=instrument.serial_no,
        subject_id=instrument.subject_id,
        subject_name=subject_name,
        verify_again=verify_again(
            row.kind,
            instrument.type_code,
            row.done_on,
            compulsory=not instrument.non_compulsory_ground,
        ),
        cite=kind.cite if kind else "",
        to_verify=row.upkeep_id in unpassed,
        owner_no=instrument.owner_no,
    )


def file(row: UpkeepFile) -> pb.UpkeepFile:
    """Converts a file of an entry to a message."""
    message = pb.UpkeepFile(**row.model_dump(exclude={"uploaded_at"}))
    message.uploaded_at.FromDatetime(row.uploaded_at)
    return message
