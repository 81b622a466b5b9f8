"""Links of an instrument for machines: a link set (RFC 9264) in the words of GS1 resolvers.

Each link says where it leads, what kind of link it is, its title in Chinese and English, and in
which languages the page is. One link is the default; it is listed under its own kind as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protos.registry.v1 import registry_pb2 as registry
from services.portal.rendering import LANGUAGES

MEDIA_TYPE = "application/linkset+json"
LINKSET = "linkset"
GS1 = "https://ref.gs1.org/voc/"
DEFAULT = f"{GS1}defaultLink"
_PREFIX = "gs1:"
_PAGE, _CERTIFICATE = f"{GS1}pip", f"{GS1}certificationInfo"
# GS1 has no link to where a fault is reported; ours is explained where other systems read of it.
FAULT = "report-fault"
_ALL = "all"  # what earlier editions of the standard called the link set


@dataclass(frozen=True)
class Link:
    """A link: its kind, its address, and its title."""

    kind: str
    href: str
    title_zh: str
    title_en: str

    def document(self) -> dict[str, Any]:
        """Returns the link as an object of a link set."""
        titles = zip((self.title_zh, self.title_en), LANGUAGES, strict=True)
        return {
            "href": self.href,
            "title": self.title_zh,
            "title*": [{"value": title, "language": language} for title, language in titles],
            "type": "text/html",
            "hreflang": [*LANGUAGES],
        }


def page_of(base: str, code: str) -> str:
    """Returns the address of the public page of an instrument, by the code of its label."""
    return f"{base}/i/{code}"


def links_of(found: registry.ScannedInstrument, base: str) -> Sequence[Link]:
    """Returns the links of an instrument, the default first; `base` is the portal's address."""
    page = page_of(base, found.code)
    links = [Link(_PAGE, page, "检定信息", "Verification of this instrument")]
    if found.certificate_no:
        number, institution = found.certificate_no, found.institution
        zh, en = f"检定证书 {number}（{institution}）", f"Certificate {number} of {institution}"
        links.append(Link(_CERTIFICATE, f"{page}#certificate", zh, en))
    fault = Link(fault_kind(base), f"{page}/fault", "反映这台器具的问题", "Report a fault")
    return [*links, fault]


def fault_kind(base: str) -> str:
    """Returns the kind of the link to where a fault is reported: an address that explains it."""
    return f"{base}/integrators#{FAULT}"


def wanted_kind(asked: str, accepted: str, base: str) -> str:
    """Returns the kind of link that is asked for: LINKSET for all of them, empty for none.

    `asked` is the parameter `linkType`, a whole address or a short name such as
    `gs1:certificationInfo`; `accepted` is the header `Accept`.
    """
    media = {one.partition(";")[0].strip().lower() for one in accepted.split(",")}
    if asked in (LINKSET, _ALL) or (not asked and MEDIA_TYPE in media):
        return LINKSET
    if asked == FAULT:
        return fault_kind(base)
    return GS1 + asked.removeprefix(_PREFIX) if asked.startswith(_PREFIX) else asked


def link_of(links: Sequence[Link], kind: str) -> Link | None:
    """Returns the link of a kind, the default one for no kind; None if there is none."""
    if kind in ("", DEFAULT):
        return links[0]
    return next((one for one in links if one.kind == kind), None)


def document(anchor: str, description: str, links: Sequence[Link]) -> dict[str, Any]:
    """Returns the link set of the thing with the address `anchor`.

    The default link has an address and a title and nothing else, as the standard of GS1 demands.
    """
    kinds: dict[str, Any] = {one.kind: [one.document()] for one in links}
    first = {"href": links[0].href, "title": links[0].title_zh}
    told = {"anchor": anchor, "itemDescription": description, DEFAULT: [first]}
    return {"linkset": [told | kinds]}
