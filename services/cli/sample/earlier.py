"""What a sandbox has from before its first day: applications that its institution left lying.

A sandbox with the sample begins `DAYS` earlier. One firm with two scales is loaded then and applies
for their verification; the clock is moved to the first day, and everything else is loaded. On that
day the institution is late with one application, and accepts the other one too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import date, timedelta

from law.periods import start_of
from plumbing.client import new_request_id
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from services.cli import sample
from services.cli.client import Client, fixed_token, log_in
from services.cli.commands.platform import advance_clock
from services.cli.sample import SampleFile, cast, loading
from services.cli.sample.cast import Member
from services.cli.sample.instruments import INSTITUTION, SampleInstrument, instruments
from services.cli.sample.order_book import APPLICANT, LEFT_LYING
from services.cli.sample.subjects import SampleSubject, subjects

DAYS = timedelta(days=14)  # longer than the term of an acceptance, whatever the holidays
_OPENS = 9  # o'clock


async def leave_applications(administrator: Client, first: date) -> Member | None:
    """Makes the applications, and moves the clock to the sandbox's first day.

    Returns the account of the firm that applied. Does nothing for a sandbox that began on that day
    or later, and returns None.
    """
    clock = await administrator.clock.GetClock(registry.GetClockRequest())
    today = date.fromisoformat(clock.today)
    if today >= first:
        return None
    owner = next(one for one in subjects() if one.ref == APPLICANT)
    scales = [one for one in instruments(subjects(), first) if one.number in LEFT_LYING]
    await _load(administrator, owner, scales, today)
    await cast.register_institution(administrator)
    applicant = await cast.open_applicant(administrator)
    await _apply(administrator, applicant)
    await advance_clock(administrator, timedelta(0), start_of(first, _OPENS))
    return applicant


async def _load(
    administrator: Client, owner: SampleSubject, scales: Iterable[SampleInstrument], today: date
) -> None:
    bureaus, *_ = sample.files(today)
    await loading.load_file(administrator, bureaus)
    tables: Mapping[str, list[dict[str, str]]] = {
        "subjects": [owner.row()],
        "instruments": [one.row() for one in scales],
        "verifications": [
            row
            for one in scales
            for row in one.verification_rows()
            if row["检定日期"] <= today.isoformat()
        ],
    }
    city = sample.city_of(owner.bureau)
    loader = await loading.engage(administrator, city, "earlier")
    try:
        for family, rows in tables.items():
            content = sample.as_csv(rows)
            file = SampleFile(family, f"{family}-{APPLICANT}.csv", content, city)
            # No first load: a bureau has one, which is that of the rest.
            await loading.load_file(loader, file, baseline=False)
    finally:
        await loader.close()


async def _apply(administrator: Client, applicant: Member) -> None:
    settings = administrator.settings
    async with AsyncExitStack() as exits:
        session = await log_in(settings, applicant.name, applicant.password)
        firm = Client(settings, fixed_token(session.token))
        exits.push_async_callback(firm.close)
        listed = await firm.registry.ListInstruments(registry.ListInstrumentsRequest())
        request = orders.ApplyForVerificationRequest(
            request_id=new_request_id(),
            instrument_ids=[one.instrument_id for one in listed.instruments],
            institution_id=INSTITUTION,
        )
        await firm.orders.ApplyForVerification(request)
