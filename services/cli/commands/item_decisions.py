"""What a decision says of contested items, as people write it on the command line."""

from __future__ import annotations

from typing import Any

import typer

from protos.objection.v1.objection_pb2 import EntryValue, ItemDecision
from services.cli.commands import choices
from services.cli.output.words import words

FORM = "KIND/ID=OUTCOME"


def item_decisions(texts: list[str]) -> list[ItemDecision]:
    """Converts texts KIND/ID=OUTCOME and KIND/ID:FIELD=VALUE to what a decision says of each item.

    A new value of a field is a correction. Raises BadParameter for a text in another form.
    """
    found: dict[str, Any] = {}
    for text in texts:
        head, sign, value = text.partition("=")
        name, _, field = head.partition(":")
        if not sign or "/" not in name:
            zh = "应写作 类别/id=处理结果，或者 类别/id:字段=新值"
            raise typer.BadParameter(f"{zh} | KIND/ID=OUTCOME or KIND/ID:FIELD=VALUE：{text}")
        one = found.setdefault(name, ItemDecision(item=name))
        if field:
            one.outcome = one.outcome or "correct"
            one.values.append(EntryValue(field=field.replace("-", "_"), value=value))
        else:
            one.outcome = choices.read(dict(words("outcome")), value)
    return list(found.values())
