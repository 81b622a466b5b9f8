"""Notices to a subject that something of its own life changed: joined, split, deregistered."""

from __future__ import annotations

from functools import partial

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import lives_pb2 as pb
from services.alerts.notices import english
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.texts import Contact, Text, body
from services.alerts.tables import NoticeKind, Subject

TITLES = {
    "split": ("登记信息变动：主体分立", "Your registration: a part is a subject of its own"),
    "recoded": ("登记信息变动：统一社会信用代码变更", "Your registration: another credit code"),
    "deregistered": ("登记信息变动：主体已注销", "Your registration: deregistered"),
    "reinstated": ("登记信息变动：恢复登记", "Your registration: registered again"),
    "joined": ("登记信息变动：主体合并", "Your registration: two entries are joined"),
    "parted": ("登记信息变动：撤销合并", "Your registration: a joining is undone"),
}
_SENTENCES = {
    "split": (
        (
            "“{other}”自 {on} 起作为单独的主体登记，由“{name}”分立。"
            "划出器具 {instruments} 台（件），信用记录 {records} 条。"
        ),
        (
            "{other}, until now a part of {name}, is registered as a subject of its own from {on}. "
            "{instruments} instruments and {records} records went with it."
        ),
    ),
    "recoded": (
        "“{name}”的统一社会信用代码自 {on} 起变更为 {code}；原代码 {former} 仍可查到。",
        "The credit code of {name} is {code} from {on}. The former code {former} still finds it.",
    ),
    "deregistered": (
        (
            "“{name}”自 {on} 起登记为已注销。其器具不再预警和督促，已约定的约谈不再进行；"
            "未办结的案件和检定申请继续办理。"
        ),
        (
            "{name} is registered as deregistered from {on}. Its instruments are warned of no "
            "more, and no interview takes place. "
            "Open cases and applications go on to their end."
        ),
    ),
    "reinstated": (
        "“{name}”的注销登记已撤销，自 {on} 起恢复。其器具恢复预警。",
        (
            "The deregistration of {name} no longer holds from {on}. "
            "Its instruments are watched again."
        ),
    ),
    "joined": (
        "“{other}”与“{name}”经核实为同一主体，已合并为“{name}”。原代码和原账号仍可使用。",
        (
            "{other} and {name} are one subject and were joined as {name}. "
            "Former codes and accounts go on to work."
        ),
    ),
    "parted": (
        "“{other}”与“{name}”的合并已撤销，各自登记，原有器具、记录和案件已归还。",
        (
            "The joining of {other} and {name} was undone. Each has its instruments, records and "
            "cases again."
        ),
    ),
}
_BOTH_TOLD = frozenset({"split", "parted"})


async def tell_of_act(change: Change, received: Received[registry.SubjectActed]) -> None:
    """Tells the subjects that an act concerns. A subject in review or removed is not told."""
    event = received.message
    told = [event.subject.subject_id]
    if event.act.act in _BOTH_TOLD:
        told.append(event.other.subject_id)
    for subject_id in told:
        subject = await known(change.session, Subject, subject_id)
        if not subject.placeholder:
            await _tell(change, event, subject)


async def _tell(change: Change, event: registry.SubjectActed, subject: Subject) -> None:
    act, contact = event.act, await contact_of(change.session, subject.bureau)
    about = (event.subject.name, event.subject.credit_code, act, contact)
    await issue(
        change,
        NoticeKind.SUBJECT,
        f"subject/{act.act_id}/{subject.subject_id}",
        subject,
        subject.bureau,
        in_chinese(*about),
        Matter(f"subject/{subject.subject_id}"),
        in_english=partial(in_english, *about),
    )


def in_chinese(name: str, code: str, act: pb.SubjectAct, contact: Contact) -> Text:
    """Writes the notice about an act of the life of the subject `name` in Chinese."""
    lines = [_SENTENCES[act.act][0].format(**_values(name, code, act))]
    if act.ground:
        lines.append(f"依据：{act.ground}")
    return Text(TITLES[act.act][0], body(*lines, f"有疑问或者不符的，请联系{contact}。"))


def in_english(name: str, code: str, act: pb.SubjectAct, contact: Contact) -> Text:
    """Writes the same notice in English."""
    lines = [_SENTENCES[act.act][1].format(**_values(name, code, act))]
    if act.ground:
        lines.append(english.as_written("Ground", act.ground))
    return Text(TITLES[act.act][1], body(*lines, english.questions(contact)))


def _values(name: str, code: str, act: pb.SubjectAct) -> dict[str, object]:
    return {
        "name": name,
        "code": code,
        "other": act.other_name,
        "former": act.former_code,
        "on": act.on,
        "instruments": act.instruments,
        "records": act.records,
    }
