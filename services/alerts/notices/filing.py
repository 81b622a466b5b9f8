"""The notice to a bureau that an operator has filed a new instrument (S4 二(三))."""

from __future__ import annotations

from law.reader.texts import spell_articles
from plumbing.change import Change
from protos.registry.v1 import registry_pb2
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text, body, type_name
from services.alerts.tables import Bureau, NoticeKind, Subject

CITE = "S4 二(三)"


async def instrument_filed(change: Change, instrument: registry_pb2.Instrument) -> None:
    """Tells the bureau of an operator which instrument the operator has filed; asks for nothing.

    Raises TryLater if the operator or the bureau is not known here yet.
    """
    owner = await known(change.session, Subject, instrument.subject_id)
    bureau = await known(change.session, Bureau, instrument.bureau)
    named = f"{type_name(instrument.type_code)} {instrument.serial_no}"
    model, manufacturer, place = (
        written or "未填"
        for written in (instrument.model, instrument.manufacturer, instrument.location)
    )
    text = Text(
        f"新器具备案：{owner.name}，{named}",
        body(
            f"{owner.name}登记了新的计量器具：{named}。",
            f"型号规格：{model}；生产厂家：{manufacturer}；使用地点：{place}。",
            f"依据：{spell_articles(CITE)}。器具目前为备用，检定合格后才能使用；备案无须批准。",
        ),
    )
    key = f"filing/{instrument.instrument_id}"
    about = Matter(f"instrument/{instrument.instrument_id}")
    await issue(change, NoticeKind.FILING, key, bureau, bureau.code, text, about)
