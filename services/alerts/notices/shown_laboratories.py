"""An institution hears that the public is shown its laboratory, or no longer (S4 三(四))."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices.issue import Matter
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution, stored


async def laboratory_shown(change: Change, received: Received[registry.LaboratoryShown]) -> None:
    """Issues the mail to the institution, at once."""
    event = received.message
    institution = await stored(change, event.institution)
    about = Matter(f"laboratory/{event.laboratory_id}")
    await issue_to_institution(
        change, f"laboratory/{received.id}", institution, written(event), about
    )


def written(event: registry.LaboratoryShown) -> InBoth:
    """Writes what became of the laboratory, in Chinese and in English."""
    name, laboratory = event.institution.name, event.name
    title_en = f"Hidden from the public: {laboratory}"
    if event.shown:
        title = f"实验室已公开：{laboratory}"
        title_en = f"Shown to the public: {laboratory}"
        zh = f"实验室“{laboratory}”已在服务名录中公开，任何人都能看到它的名称和授权。"
        en = f"The public finds the laboratory {laboratory} in the service directory from now on."
    elif event.changed_by_bureau:
        title = f"实验室暂不公开：{laboratory}"
        zh = f"监管机关变更了实验室“{laboratory}”的登记，因此暂不公开。请核对后再点“公开”。"
        en = (
            f"The bureau changed the laboratory {laboratory}, so the public does not find it any"
            " more. Check the change and release it again."
        )
    else:
        title = f"实验室已撤下：{laboratory}"
        zh = f"实验室“{laboratory}”已从服务名录撤下，公众不再看到。"
        en = f"The public does not find the laboratory {laboratory} any more: it was taken back."
    return Text(title, body(f"{name}：\n{zh}")), Text(title_en, body(f"{name}:\n{en}"))
