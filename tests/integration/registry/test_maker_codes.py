"""Makers' GS1 codes of instruments: by single entry and by file, each of one instrument only."""

from __future__ import annotations

from uuid import uuid4

import pytest
from biip.checksums import gs1_standard_check_digit

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    faults,
    instruments_of,
    owner,
    subjects_named,
    table,
    undo,
    upload,
)
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    put_instrument,
    read_instrument,
    refused,
)

COLUMNS = ("使用单位", "器具类型", "出厂编号", "制造商码")


def a_gtin() -> str:
    """A GTIN of nobody, valid by check digit."""
    digits = f"0690{uuid4().int % 10**9:09}"
    return f"{digits}{gs1_standard_check_digit(digits)}"


def with_code(instrument: pb.Instrument, code: str) -> pb.PutInstrumentRequest:
    copy = pb.Instrument()
    copy.CopyFrom(instrument)
    copy.maker_code = code
    return pb.PutInstrumentRequest(request_id=new_request_id(), instrument=copy)


async def scanned(registry: RunningRegistry, code: str) -> pb.ScannedInstrument:
    request = pb.ScanInstrumentRequest(code=code)
    return (await registry.client(Role.PUBLIC).registry.ScanInstrument(request)).instrument


async def test_an_owner_enters_it_in_any_writing_and_a_scan_of_it_leads_to_the_instrument(
    registry: RunningRegistry,
) -> None:
    subject, gtin = await registry.subject(), a_gtin()
    client = registry.client(Role.OPERATOR, subject_id=subject.subject_id)
    request = put_instrument(subject.subject_id, maker_code=f"(01){gtin}(21)A/7")
    filed = (await client.registry.PutInstrument(request)).instrument
    assert filed.maker_code == f"/01/{gtin}/21/A%2F7"
    for link in (filed.maker_code, f"https://maker.example/x{filed.maker_code}?linkType=all"):
        assert (await scanned(registry, link)).serial_no == filed.serial_no
    # What is sent back as it was read changes nothing.
    again = (await client.registry.PutInstrument(with_code(filed, filed.maker_code))).instrument
    assert again.version == filed.version
    other = (await client.registry.PutInstrument(with_code(filed, f"{gtin} B8"))).instrument
    assert other.maker_code == f"/01/{gtin}/21/B8"
    with refused("NOT_FOUND"):
        await scanned(registry, filed.maker_code)
    [entry, *_] = reversed(await registry.audited(f"instrument/{filed.instrument_id}"))
    assert (entry.before or {})["maker_code"] == filed.maker_code


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("/01/06901234567892/21/NONE", "NOT_FOUND"),
        ("/01/06901234567892", "NOT_FOUND"),  # all instruments of the kind have it
        ("/8004/4012345123456789aaaaaaaaaa", "NOT_FOUND"),  # no bureau has this prefix
    ],
)
async def test_a_valid_key_of_no_instrument_is_not_found(
    registry: RunningRegistry, link: str, reason: str
) -> None:
    with refused(reason):
        await scanned(registry, link)


async def test_a_key_that_is_not_valid_is_refused_as_such(registry: RunningRegistry) -> None:
    for link in ("/01/06901234567893/21/A7", "/01/6901234567892/21/A7", "/8004/"):
        with refused("INVALID_INPUT", "code"):
            await scanned(registry, link)


async def test_no_two_instruments_have_one_and_strangers_do_not_learn_whose_it_is(
    registry: RunningRegistry,
) -> None:
    first, second = await registry.subject(), await registry.subject()
    code = f"/01/{a_gtin()}/21/A7"
    stranger = registry.client(Role.OPERATOR, subject_id=second.subject_id)
    staff = registry.client(Role.CASEWORKER)
    request = put_instrument(first.subject_id, maker_code=code)
    filed = (await staff.registry.PutInstrument(request)).instrument
    for client, named in ((stranger, False), (staff, True)):
        with refused("ALREADY_EXISTS", "instrument.maker_code") as refusals:
            request = put_instrument(second.subject_id, maker_code=code)
            await client.registry.PutInstrument(request)
        [(_, zh, en)] = refusals[0].faults
        assert ("另一件器具" in zh, "another instrument" in en) == (True, True)
        assert (filed.serial_no in zh) is named
    with refused("INVALID_INPUT", "instrument.maker_code"):
        request = put_instrument(second.subject_id, maker_code=code.replace("/21/", "/"))
        await stranger.registry.PutInstrument(request)


async def upload_rows(
    client: Client, *rows: tuple[str, ...], mode: str = "all_or_nothing"
) -> pb.Batch:
    return await upload(client, "instruments", table(COLUMNS, *rows), mode=mode)


async def test_a_file_has_a_column_for_it_and_each_faulty_row_is_named(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    name, gtin = await owner(registry, client), a_gtin()
    rows = (
        (name, "FUEL", "1", f"https://maker.example/01/{gtin}/21/A1"),
        (name, "FUEL", "2", f"{gtin} A2"),
    )
    assert (await upload_rows(client, *rows)).changed == 2
    assert (await upload_rows(client, *rows)).unchanged == 2
    [subject] = await subjects_named(client, name)
    assert {one.serial_no: one.maker_code for one in await instruments_of(client, subject)} == {
        "1": f"/01/{gtin}/21/A1",
        "2": f"/01/{gtin}/21/A2",
    }
    wrong = await upload_rows(
        client,
        (name, "FUEL", "3", f"{gtin} A1"),  # of the instrument 1
        (name, "FUEL", "4", f"{gtin} A4"),
        (name, "FUEL", "5", f"(01){gtin}(21)A4"),  # of the row before
        (name, "FUEL", "6", gtin),
        mode="check",
    )
    told = [(one.row, one.column, one.reason) for one in await faults(client, wrong)]
    assert told == [
        (2, "制造商码", "TAKEN_CODE"),
        (4, "制造商码", "TAKEN_CODE"),
        (5, "制造商码", "BAD_MAKER_CODE"),
    ]


async def test_undoing_is_refused_where_the_former_code_is_anothers_now(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    name, gtin = await owner(registry, client), a_gtin()
    await upload_rows(client, (name, "FUEL", "1", f"{gtin} A1"))
    batch = await upload_rows(client, (name, "FUEL", "1", f"{gtin} B1"))
    [subject] = await subjects_named(client, name)
    [changed] = await instruments_of(client, subject)
    request = put_instrument(subject.subject_id, maker_code=f"{gtin} A1")
    taker = (await client.registry.PutInstrument(request)).instrument
    with refused("WRONG_STATE", f"instrument/{changed.instrument_id}"):
        await undo(client, batch)
    await client.registry.PutInstrument(with_code(taker, ""))
    await undo(client, batch)
    restored = (await read_instrument(client, changed.instrument_id)).instrument
    assert restored.maker_code == f"/01/{gtin}/21/A1"
