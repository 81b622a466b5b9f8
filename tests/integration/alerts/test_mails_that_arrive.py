"""What happens is mailed once, to whom it concerns: from the event to the mail server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, cast
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from nats.js.api import Header
from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from plumbing.events.outbox import Outbox
from plumbing.events.signing import SIGNATURE_HEADER
from plumbing.settings import Settings
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2, permits_pb2
from protos.registry.v1 import orders_pb2 as orders
from services.alerts.activities import Activities
from services.alerts.languages import Language
from services.alerts.tables import DigestPreference, Rhythm
from services.alerts.workflows import WatchRun
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    bureau,
    instrument,
    subject,
    verification,
)
from tests.mail_sink import Sink, sink
from tests.service_keys import SIGNER

OTHER = "330110"  # the bureau to which an instrument goes
NEXT = TODAY + timedelta(days=1)  # when the watch tells
LATER = TODAY + timedelta(days=300)
PORTAL = "https://portal.test.example"
OWNER, NEW_OWNER = "unit1@test.example", "unit2@test.example"
DESK, NEW_DESK, OTHER_DESK = "desk@test.example", "new@test.example", "other@test.example"
LAB, NEW_LAB = "lab@test.example", "corrected@test.example"
ENDING, WAITING = f"授权和资格到期提醒（{NEXT}）：1 项", f"待确认的校准证书：1 份（{NEXT}）"
INSTITUTION = institutions_pb2.Institution(
    institution_id="n1", name="合成检定院", bureau=BUREAU, email=LAB, version=1
)


@dataclass(frozen=True)
class Mail:
    """A mail that is expected: to whom, what it says, and the page to which it leads.

    `moved_to` gets it instead, and in English where `en` says how, once its matter is another's.
    """

    to: str
    moved_to: str
    link: str
    zh: Sequence[str]  # the title first
    en: Sequence[str] = ()


MAILS = [
    Mail(
        *(OWNER, NEW_OWNER, "/certificate-files"),
        (
            f"检定结果和证书（{NEXT}）：2 项",
            *("燃油加油机 NO-1：2025-09-01 检定合格", f"有效期至 {LATER}", "编号 JD-1"),
            "燃油加油机 NO-2：2025-09-01 检定",
            "已更换为第 2 版，理由：数值更正。请以新的为准。",
        ),
        (
            f"Results and certificates ({NEXT}): 2 of them",
            *("fuel dispenser NO-1: passed on 2025-09-01", f"valid until {LATER}"),
            "fuel dispenser NO-2: verified on 2025-09-01",
            "replaced by version 2. Use the new one. Reason, as written: 数值更正",
        ),
    ),
    Mail(
        *(OWNER, NEW_OWNER, "/instruments/i3"),
        (
            f"校准到期提醒（{NEXT}）：燃油加油机 NO-3",
            f"燃油加油机 NO-3，应不晚于 {NEXT} 校准，已到期",
        ),
        (
            f"Calibrations due ({NEXT}): fuel dispenser NO-3",
            f"fuel dispenser NO-3, by {NEXT}, which is reached",
        ),
    ),
    Mail(
        *(OWNER, NEW_OWNER, "/permits/p1"),
        (f"计量行政许可到期提醒（{NEXT}）：1 项", "计量标准考核证书（编号 量标-1）", "今天到期"),
        (f"Permits that end ({NEXT}): 1", "计量标准考核证书 (number 量标-1)", ", today"),
    ),
    Mail(
        *(LAB, NEW_LAB, "/institutions"),
        (
            f"{ENDING} / Authorisations and qualifications end ({NEXT}): 1",
            "燃油加油机检定授权（编号 授-1），有效期至",
            "authorisation to verify: fuel dispenser (number 授-1)",
        ),
    ),
    Mail(
        *(DESK, NEW_DESK, "/home"),
        (
            f"许可、授权和资格到期提醒（{NEXT}）：2 项",
            *("计量标准考核证书（编号 量标-1）", "合成检定院，燃油加油机检定授权"),
        ),
    ),
    Mail(
        *(DESK, NEW_DESK, "/calibrations?state=waiting"),
        (WAITING, "1. JZ-1，合成校准实验室"),
    ),
    Mail(
        *(LAB, NEW_LAB, "/calibrations?state=waiting"),
        (
            f"{WAITING} / Certificates of calibration to be confirmed: 1 ({NEXT})",
            *("贵机构上传的下列校准证书", "Somebody is to confirm", "1. JZ-2"),
        ),
    ),
    Mail(
        *(DESK, OTHER_DESK, "/upkeep"),
        (f"使用单位登记的修理和签封损坏：1 条（{NEXT}）", f"NO-4：{TODAY} 修理"),
    ),
    Mail(
        *(LAB, NEW_LAB, "/orders/o1"),
        (
            "检定申请已撤回：1 台 / Applications for verification were withdrawn: 1",
            *("测试单位1的下列检定申请", "1. 燃油加油机 NO-7", "说明：不再使用该器具"),
            "These orders of 测试单位1 were withdrawn",
        ),
    ),
    *(
        Mail(LAB, NEW_LAB, "/laboratories/l1", (title, *words))
        for title, *words in (
            (
                "实验室已公开：力学室 / Shown to the public: 力学室",
                "任何人都能看到",
                "The public finds",
            ),
            (
                "实验室暂不公开：力学室 / Hidden from the public: 力学室",
                "请核对",
                "release it again",
            ),
            ("实验室已撤下：力学室 / Hidden from the public: 力学室", "公众不再看到", "taken back"),
        )
    ),
]


def facts(alerts: RunningAlerts) -> list[Message]:
    """What the watch tells of."""
    two = verification(2, LATER)
    return [
        *alerts.events_of(
            *(instrument(n, type_code="FUEL") for n in (1, 2)),
            instrument(3, type_code="FUEL", non_compulsory_ground="只用于内部工艺"),
            instrument(4, type_code="FUEL", state="stopped"),
        ),
        *alerts.events_of(two, baseline=True),
        *alerts.events_of(verification(1, LATER, certificate_no="JD-1")),
        events.CertificateUploaded(verification_id="v1", version=1),
        events.CertificateUploaded(verification_id="v2", version=2, reason="数值更正"),
        events.CalibrationDueChanged(instrument_id="i3", due_on=f"{NEXT}", due_version=1),
        events.PermitsChanged(permits=[permit()]),
        events.EndingsChanged(endings=[authorisation()]),
        *(dcc(number, by) for number, by in ((1, ""), (2, INSTITUTION.name))),
        events.UpkeepNoted(upkeep_id="u4", instrument_id="i4", kind="repair", done_on=f"{TODAY}"),
    ]


def moves(alerts: RunningAlerts) -> list[Message]:
    """What makes somebody else the recipient of each mail."""
    office = bureau()
    office.version, office.email = 2, NEW_DESK
    fuel: dict[str, Any] = {"type_code": "FUEL", "subject_id": "s2"}
    return [
        *alerts.events_of(
            *(instrument(n, 2, **fuel) for n in (1, 2)),
            instrument(3, 2, **fuel, non_compulsory_ground="只用于内部工艺"),
            instrument(4, 2, type_code="FUEL", state="stopped", bureau=OTHER),
        ),
        *alerts.events_of(office),
        events.PermitsChanged(permits=[permit(version=2, subject_id="s2")]),
        events.InstitutionsChanged(institutions=[corrected()]),
    ]


def at_once(institution: institutions_pb2.Institution) -> Iterator[Message]:
    """What is told without waiting for the watch."""
    withdrawn = orders.Order(
        order_id="o1",
        subject_id="s1",
        bureau=BUREAU,
        type_code="FUEL",
        serial_no="NO-7",
        institution=INSTITUTION.name,
        state="withdrawn",
        applied_on=f"{TODAY}",
        version=2,
    )
    yield events.OrdersChanged(orders=[withdrawn], ground="不再使用该器具")
    for shown, by_bureau in ((True, False), (False, True), (False, False)):
        yield events.LaboratoryShown(
            institution=institution,
            laboratory_id="l1",
            name="力学室",
            shown=shown,
            changed_by_bureau=by_bureau,
        )


def permit(**changed: Any) -> permits_pb2.Permit:
    fields: dict[str, Any] = {
        "permit_id": "p1",
        "subject_id": "s1",
        "certificate_name": "计量标准考核证书",
        "permit_no": "量标-1",
        "valid_until": f"{NEXT}",
        "version": 1,
    }
    return permits_pb2.Permit(**(fields | changed))


def authorisation() -> events.Ending:
    return events.Ending(
        kind="authorisation",
        ending_id="e1",
        bureau=BUREAU,
        institution=INSTITUTION.name,
        what="FUEL",
        number="授-1",
        last_day=f"{NEXT}",
        version=1,
    )


def dcc(number: int, by: str) -> events.DccChanged:
    return events.DccChanged(
        dcc_id=f"d{number}",
        institution=by,
        bureau=BUREAU,
        state="waiting",
        certificate_no=f"JZ-{number}",
        laboratory="合成校准实验室",
        version=1,
    )


def corrected() -> institutions_pb2.Institution:
    """The institution with another address."""
    changed = institutions_pb2.Institution()
    changed.CopyFrom(INSTITUTION)
    changed.version, changed.email = 2, NEW_LAB
    return changed


class PostOffice:
    """Delivers what alerts issued to a mail server, as the workflows of deliveries do."""

    def __init__(self, alerts: RunningAlerts, server: Sink) -> None:
        self._alerts, self._server = alerts, server
        settings = Settings(smtp_url=server.url, portal_url=PORTAL)
        self._activities = Activities(alerts.changes, settings, alerts.clients())

    async def deliver(self) -> None:
        """Delivers each notice whose delivery was ever started, also one delivered before."""
        for notice_id in self._alerts.timers.delivered:
            await ActivityEnvironment().run(self._activities.deliver, notice_id)

    async def watch(self) -> None:
        """Lets a day pass, and has both bureaus watched."""
        self._alerts.pass_days(1)
        for code in (BUREAU, OTHER):
            await self._activities.watch(WatchRun(bureau=code, through=self._alerts.today))
        await self._alerts.wait_until_idle()
        await self.deliver()

    async def announce(self, announced: Sequence[Message]) -> None:
        """Announces events, each of which comes once more under another message id."""
        for event in announced:
            await self._alerts.announce(event)
        async with self._alerts.register.snapshot() as session:
            rows = (await session.exec(select(Outbox).order_by(col(Outbox.seq)))).all()
        for row in rows:
            signature = SIGNER.sign(row.subject, row.headers, row.payload)
            added = {Header.MSG_ID: str(uuid4()), SIGNATURE_HEADER: signature}
            headers = {**row.headers, **added}
            await self._alerts.js.publish(row.subject, row.payload, headers=headers)
        await self._alerts.wait_until_idle()
        await self.deliver()

    def kept(self) -> list[EmailMessage]:
        return [cast("EmailMessage", mail) for mail in self._server.kept]


@pytest.mark.parametrize("moved", [False, True], ids=["stays", "moves"])
async def test_each_is_mailed_once_to_whom_it_concerns_by_then(
    alerts: RunningAlerts, *, moved: bool
) -> None:
    other = bureau(OTHER)
    other.email = OTHER_DESK
    await alerts.put(other, subject(2))
    await alerts.announce(events.InstitutionsChanged(institutions=[INSTITUTION]))
    async with alerts.database.transaction() as session:
        session.add(
            DigestPreference(
                subject_id="s2", rhythm=Rhythm.DAILY, mailed=True, language=Language.ENGLISH
            )
        )
    async with sink() as server:
        post = PostOffice(alerts, server)
        await post.announce([*facts(alerts), *(moves(alerts) if moved else ())])
        before = {str(mail["Subject"]) for mail in post.kept()}
        assert not before & {title for mail in MAILS for title in (mail.zh[0], *mail.en[:1])}
        server.kept.clear()  # that things were handed on is told in mails of their own
        await post.announce([*at_once(corrected() if moved else INSTITUTION)])
        await post.watch()
        await post.announce([])  # everything comes once more
        await post.watch()
        kept = {(mail["To"], mail["Subject"]): mail for mail in post.kept()}
        assert len(kept) == len(post.kept()), "each once"
    expected = {_address(mail, moved=moved): mail for mail in MAILS}
    assert sorted(kept) == sorted(expected)
    for address, mail in expected.items():
        _says(kept[address], mail, english=moved and bool(mail.en))


def _address(mail: Mail, *, moved: bool) -> tuple[str, str]:
    title = mail.en[0] if moved and mail.en else mail.zh[0]
    return (mail.moved_to if moved else mail.to, title)


def _says(kept: EmailMessage, mail: Mail, *, english: bool) -> None:
    """Checks both parts of a mail: its words, in its language, and where it leads."""
    label = "See it on the platform" if english else "在平台上查看"
    for form in ("plain", "html"):
        part = kept.get_body((form,))
        assert part is not None
        text = part.get_content()
        for words in (mail.en if english else mail.zh)[1:]:
            assert words in text, mail
        assert label in text
        assert f"{PORTAL}{mail.link}" in text.replace("&amp;", "&"), mail
        assert not english or "贵单位" not in text, "English only"
