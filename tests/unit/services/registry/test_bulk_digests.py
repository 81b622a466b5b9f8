"""The digest of what is sent in bulk: senders of before there were parts reckon as they did."""

from __future__ import annotations

from protos.registry.v1 import bulk_pb2 as bulk
from services.cli.commands.bulk import text_of as text_of_command
from services.registry.imports.batch.content import text_of


def test_what_came_later_is_in_the_text_only_where_it_is_said() -> None:
    item = bulk.VerificationItem(type_code="FUEL", serial_no="A-1")
    former = "\x1f".join(("", "", "FUEL", "A-1", "", "", "", "", "", "", ""))
    assert text_of(item) == former
    item.part = "3"
    assert text_of(item) == f"{former}\x1f3"
    item.worked_from = "2026-10-08T09:00"
    assert text_of(item) == f"{former}\x1f3\x1f2026-10-08T09:00"
    meter = bulk.InstrumentItem(type_code="WATER", serial_no="A-1")
    assert text_of(meter) == "\x1f".join(("", "WATER", "", "A-1", "", "", "", ""))
    meter.owner_no = "W-7"
    assert text_of(meter).endswith("\x1fW-7")


def test_the_command_reckons_as_the_register_does() -> None:
    for part in ("", "2"):
        item = bulk.InstrumentItem(type_code="FUEL", serial_no="A-1", part=part)
        assert text_of_command(item) == text_of(item)
    done = bulk.VerificationItem(serial_no="A-1", laboratory="力学室")
    assert text_of_command(done) == text_of(done)
