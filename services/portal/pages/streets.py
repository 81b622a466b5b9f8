"""The names of streets that bureaus keep, by which the instruments of their areas are counted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plumbing.client import ask
from plumbing.identity import Role, scope_prefix
from protos.registry.v1 import registry_pb2 as pb
from services.portal.pages.reading import ALL
from services.portal.visit import Visit
from services.portal.wording import N_

MOST = 50  # that a bureau keeps, and that the service counts by at once
LONGEST = 100  # characters of a name
_BETWEEN_NAMES = re.compile(r"[\s、，,；;]+")


def street_names(written: str) -> list[str]:
    """Returns the names of streets in a text, each once."""
    return list(dict.fromkeys(filter(None, _BETWEEN_NAMES.split(written))))


async def kept(visit: Visit, bureau: str) -> list[str]:
    """Returns the names that a bureau keeps; without one, those of all that the visitor covers."""
    prefix = bureau or scope_prefix(visit.person.bureau)
    covered = [one for one in await _bureaus(visit) if one.code.startswith(prefix)]
    return list(dict.fromkeys(name for one in covered for name in one.streets))


async def own_bureau(visit: Visit) -> pb.Bureau | None:
    """Returns the bureau of a unit head, who keeps its names; None for anybody else."""
    if not visit.has(Role.UNIT_HEAD):
        return None
    return next((one for one in await _bureaus(visit) if one.code == visit.person.bureau), None)


async def _bureaus(visit: Visit) -> Sequence[pb.Bureau]:
    request = pb.ListBureausRequest(page_size=ALL)
    return (await ask(visit.services.registry.ListBureaus(request))).bureaus


def faults(visit: Visit) -> dict[str, str]:
    """Returns what is wrong with the names that a unit head wrote."""
    names = street_names(visit.field("names"))
    if len(names) <= MOST and all(len(name) <= LONGEST for name in names):
        return {}
    text = visit.say(N_("街道名至多 {most} 个，每个至多 {longest} 个字"))
    return {"names": text.format(most=MOST, longest=LONGEST)}


async def keep(visit: Visit, own: pb.Bureau) -> None:
    """Keeps the names that a unit head wrote; raises Refusal as `PutBureau`."""
    own.version = visit.whole("version") or own.version
    del own.streets[:]
    own.streets.extend(street_names(visit.field("names")))
    request = pb.PutBureauRequest(request_id=visit.request_id(), bureau=own)
    await ask(visit.services.registry.PutBureau(request))
