"""The links and forms of a page, and what somebody sends who swaps the ids in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.e2e.requests import Place
from tests.e2e.visitors import things

Fields = dict[str, str | list[str]]
_WRITTEN = {"date": "2026-09-01", "number": "5", "email": "nobody@people.example"}


@dataclass
class Wish:
    """A request that a page offers: a link, or a form with something in every field."""

    method: str
    address: str
    fields: Fields = field(default_factory=dict)

    def swapped(self, ids: Mapping[str, str]) -> Wish | None:
        """The same request about other things; None if it is about none of these."""
        fields = {name: _swapped(value, ids) for name, value in self.fields.items()}
        fields = {_text(name, ids): value for name, value in fields.items()}
        wish = Wish(self.method, _text(unquote(self.address), ids), fields)
        same = wish.address == unquote(self.address) and wish.fields == self.fields
        return None if same else wish

    def kind(self, ids: Mapping[str, str]) -> str:
        """What one sort of request has in common, whatever it is about."""
        address, _, query = unquote(self.address).partition("?")
        path = re.sub(r"\d{4}-\d\d-\d\d", "", _text(address, dict.fromkeys(ids, "*")))
        names = sorted({part.partition("=")[0] for part in query.split("&")} | set(self.fields))
        return f"{self.method} {path} {' '.join(names)}"


def _swapped(value: str | list[str], ids: Mapping[str, str]) -> str | list[str]:
    return _text(value, ids) if isinstance(value, str) else [_text(one, ids) for one in value]


def _text(text: str, ids: Mapping[str, str]) -> str:
    for own, other in ids.items():
        text = text.replace(own, other)
    return text


def swaps(own: Place, other: Place) -> dict[str, str]:
    """Each id of the one place with the same of the other, the longest first."""
    others = things(other)
    pairs = {one: others[name] for name, one in things(own).items() if one and others[name]}
    pairs[own.repair_id] = other.repair_id
    return dict(sorted(pairs.items(), key=lambda pair: -len(pair[0])))


def wishes(text: str, here: str) -> Iterator[Wish]:
    """Every link and form of a page of this host."""
    page = _Page(here)
    page.feed(text)
    for wish in page.found:
        if not urlsplit(wish.address).netloc and wish.address.startswith("/"):
            yield wish


class _Page(HTMLParser):
    """Reads links and forms; the first choice of each question is chosen."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.found: list[Wish] = []
        self._here = here
        self._form: Wish | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        read = getattr(self, f"_read_{tag}", None)
        if read is not None:
            read(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _read_a(self, given: dict[str, str]) -> None:
        if given.get("href"):
            self.found.append(Wish("GET", given["href"].partition("#")[0]))

    def _read_form(self, given: dict[str, str]) -> None:
        method = given.get("method", "get").upper()
        self._form = Wish(method, given.get("action") or self._here)
        self.found.append(self._form)

    def _read_input(self, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if kind == "file" or (kind == "radio" and self._has(name)):
            return
        if kind == "checkbox":
            self._add(name, given.get("value", "on"))
        else:
            self._put(name, given.get("value") or _WRITTEN.get(kind, "测试"))

    def _read_textarea(self, given: dict[str, str]) -> None:
        self._put(given.get("name", ""), "测试")

    def _read_select(self, given: dict[str, str]) -> None:
        self._select = given.get("name", "")

    def _read_option(self, given: dict[str, str]) -> None:
        if given.get("value") and not self._has(self._select):
            self._put(self._select, given["value"])

    def _read_button(self, given: dict[str, str]) -> None:
        if given.get("name") and not self._has(given["name"]):
            self._put(given["name"], given.get("value", ""))

    def _has(self, name: str) -> bool:
        return self._form is not None and name in self._form.fields

    def _put(self, name: str, value: str) -> None:
        if self._form is not None and name and name != "form_token":
            self._form.fields[name] = value

    def _add(self, name: str, value: str) -> None:
        if self._form is not None and name:
            before: Any = self._form.fields.get(name, [])
            self._form.fields[name] = [*before, value] if isinstance(before, list) else value
