"""The results of nozzles, channels and phases as an institution writes them: a part a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from protos.registry.v1 import registry_pb2 as pb
from services.portal.visit import Visit
from services.portal.wording import N_

RESULTS = ("pass", "reject", "repaired", "pending")
FIELD = "parts"
_BETWEEN = re.compile(r"[\s:：=，,、]+")


def lines_of(parts: Sequence[pb.PartStanding]) -> str:
    """Returns the lines that an institution completes: the known parts in use, without results."""
    return "".join(f"{one.name} \n" for one in parts if one.state == "in_use")


def written(visit: Visit) -> tuple[list[pb.PartResult], str]:
    """Reads the results of parts, and what is wrong with them; none where no line has a result."""
    codes = {word: code for code in RESULTS for word in (code, visit.words.result(code))}
    found, unfinished = [], []
    for line in filter(str.strip, visit.field(FIELD).splitlines()):
        name, *result = _BETWEEN.split(line.strip(), maxsplit=1)
        if not any(result):
            unfinished.append(name)
        elif result[0] in codes:
            found.append(pb.PartResult(part=name, result=codes[result[0]]))
        else:
            words = visit.words.listed(map(visit.words.result, RESULTS))
            text = visit.say(N_("{name} 的结果应为：{words}"))
            return [], text.format(name=name, words=words)
    if found and unfinished:
        return [], visit.say(N_("{name} 没有填写结果")).format(name=visit.words.listed(unfinished))
    return found, ""
