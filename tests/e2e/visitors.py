"""People who visit the portal over plain HTTP, each with a session of their own."""

from __future__ import annotations

import re
import string
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx2 as httpx

from tests.e2e.requests import Place
from tests.patience import PATIENCE_SECONDS

SIGN_IN = "/sign-in"
MOST_BYTES = 4 << 20  # of an answer; progress that is streamed never ends by itself
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
# Parameters of addresses that belong to no place.
_OF_NO_PLACE = {
    "sharing_id": "none-yet",
    "told_id": "none-yet",
    "list_id": "none-yet",
    "circular_id": "none-yet",
    "authority_id": "none-yet",
    "channel_id": "none-yet",
    "webhook_id": "none-yet",
    "language": "zh-CN",
    "family": "subjects",
    "name": "bureaus",
    "format": "csv",
    "ruleset_id": "hangzhou-2021-120",
    "text_id": "S4",
    "service": "registry",
    "secret": "0" * 43,  # nobody's calendar
    "condition_id": "corrected",
    "letter_id": "none-yet",
    "kind": "scenic",
    "account_id": "nobody-there",
    "export_id": "none-yet",
    "recusal_id": "none-yet",
    "token": "no.link",
    "gtin": "09520123456788/21/NONE",  # GS1's example, of no instrument
    "giai": "9520123NONE",
}


@dataclass(frozen=True)
class Answer:
    """What the portal answered: status, path after redirects, and the text."""

    status: int
    path: str
    text: str


@dataclass
class Visitor:
    """Somebody at a browser of their own."""

    role: str
    http: httpx.AsyncClient
    form_token: str = ""
    seen: dict[str, Answer] = field(default_factory=dict)

    async def open(self, address: str) -> Answer:
        """The page at an address, asked for once."""
        if address not in self.seen:
            self.seen[address] = await self._get(address)
        return self.seen[address]

    async def _get(self, address: str) -> Answer:
        async with self.http.stream("GET", address) as answer:
            body = b""
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                async for piece in answer.aiter_bytes():
                    body += piece
                    assert len(body) < MOST_BYTES, address
            path = answer.url.raw_path.decode()
            text = body.decode(errors="replace")
            return Answer(answer.status_code, path, text)


def browser(portal: str) -> httpx.AsyncClient:
    """A browser without a session that follows redirects."""
    return httpx.AsyncClient(base_url=portal, follow_redirects=True, timeout=PATIENCE_SECONDS)


async def visitor(
    portal: str, exits: AsyncExitStack, role: str, name: str = "", password: str = ""
) -> Visitor:
    """Somebody who has signed in; with no name, somebody who has not."""
    http = await exits.enter_async_context(browser(portal))
    found = Visitor(role, http)
    if name:
        answer = await http.post(SIGN_IN, data={"name": name, "password": password})
        assert "quanheng_session" in http.cookies, (name, answer.status_code, answer.text)
        found.form_token = form_token(answer.text) or form_token((await http.get("/account")).text)
        assert found.form_token, (name, answer.text)
    return found


def form_token(text: str) -> str:
    """The token that the forms of a page carry; empty if the page has no form."""
    token = _FORM_TOKEN.search(text)
    return token[1] if token else ""


def address_of(address: str, place: Place) -> str:
    """An address of the table of routes, with the ids of a place."""
    values = _OF_NO_PLACE | things(place) | {"code": place.label_code}
    if "repair" in address or "/conditions/" in address or "supplement" in address:
        values["case_id"] = place.repair_id
    written = re.sub(r":\w+\}", "}", address)
    needed = [name for _, name, _, _ in string.Formatter().parse(written) if name]
    unknown = [name for name in needed if name not in values]
    assert not unknown, f"{address}: say in visitors.py what {unknown} stands for"
    return written.format(**values)


def is_about_a_place(address: str) -> bool:
    """Whether an address contains the id of something that belongs to somebody."""
    return any(f"{{{name}" in address for name in _IDS)


_IDS = (
    "subject_id",
    "instrument_id",
    "case_id",
    "batch_id",
    "receipt_id",
    "notice_id",
    "impact_id",
    "index_id",
    "escalation_id",
    "record_id",
    "registration_id",
    "verification_id",
    "certificate_id",
    "evidence_id",
    "proposal_id",
    "institution_id",
    "laboratory_id",
    "order_id",
    "likeness_id",
    "question_id",
    "permit_id",
    "upkeep_id",
    "qualification_id",
    "file_id",
    "dcc_id",
    "photograph_id",
)


def things(place: Place) -> dict[str, str]:
    """The ids of the things of a place, by the names that parameters of addresses have."""
    return {
        name: place.record.record_id if name == "record_id" else str(getattr(place, name))
        for name in _IDS
    }


def shows(text: str, place: Place) -> bool:
    """Whether a page has the thing of a place on it, or a link to it."""
    return tells_of(text, place) or any(one in text for one in things(place).values() if one)


def tells_of(text: str, place: Place) -> bool:
    """Whether a page says more about a place than ids, which the visitor may have sent."""
    subject = place.subject
    return any(
        mark in text
        for mark in (subject.name, subject.credit_code, place.record.source_ref)
        if mark
    )
