"""Names the field of every line in the error summary of a page, by the words of its own label.

A service refuses a field in few words, such as 不能超过 200 个字, because beside the field nothing
else is needed. At the head of the page each line says which field it is about, leads to it, and
stands in the order of the fields. The labels are read from the page itself, so that no page and no
form has to repeat them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

from services.portal.audit_content import FIELDS

_LIST = re.compile(r'(<ul class="govuk-list govuk-error-summary__list">)(.*?)(</ul>)', re.DOTALL)
_LINE = re.compile(r'<li><a href="#([^"]*)">(.*?)</a></li>', re.DOTALL)
_REMARK = re.compile(r"\s*[（(][^（()）]*[)）]$")  # such as （可以不填）
_CONTROLS = frozenset({"input", "select", "textarea"})
_UNSEEN = frozenset({"hidden", "submit", "button"})


@dataclass
class Control:
    """Something to fill in on a page, in the order of the page."""

    name: str
    id: str
    kind: str
    own_label: str  # aria-label
    legend: list[str] | None  # of the fieldset around it, as its text is read


@dataclass
class Page(HTMLParser):
    """The controls of a page with the labels and legends that name them."""

    controls: list[Control] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # what any element with an id is called
    _legends: list[list[str]] = field(default_factory=list)
    _read: list[tuple[str, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a control, a place, or the beginning of a label."""
        given = {name: value or "" for name, value in attrs}
        if given.get("id"):
            self.places.setdefault(given["id"], given.get("aria-label", ""))
        if tag == "fieldset":
            self._legends.append([])
        elif tag == "legend" and self._legends:
            self._read.append((tag, self._legends[-1]))
        elif tag == "label":
            self._read.append((tag, self.labels.setdefault(given.get("for", ""), [])))
        elif tag in _CONTROLS and given.get("type") not in _UNSEEN and given.get("name"):
            legend = self._legends[-1] if self._legends else None
            own = given.get("aria-label", "")
            kind = given.get("type", tag)
            control = Control(given["name"], given.get("id", ""), kind, own, legend)
            self.controls.append(control)

    def handle_endtag(self, tag: str) -> None:
        """Notes the end of a label or of a group of controls."""
        if tag == "fieldset" and self._legends:
            self._legends.pop()
        elif self._read and self._read[-1][0] == tag:
            self._read.pop()

    def handle_data(self, data: str) -> None:
        """Reads the text of a label."""
        if self._read:
            self._read[-1][1].append(data)

    def named(self, name: str) -> tuple[str, str, int]:
        """Returns what a field is called, the id that leads to it, and its place on the page.

        Both texts are empty, and the place is behind all others, for a field that is not there.
        """
        for place, one in enumerate(self.controls):
            if name in (one.name, one.id):
                return self._label(one), one.id, place
        target = name if name in self.places else ""
        return self.places.get(name, ""), target, len(self.controls)

    def _label(self, one: Control) -> str:
        grouped = one.kind == "radio" or (one.kind == "checkbox" and one.legend)
        legend = _plain(one.legend or ()) if grouped else ""
        return legend or _plain(self.labels.get(one.id, ())) or one.own_label


def read(html: str) -> Page:
    """Returns the controls of a page and what they are called."""
    page = Page()
    page.feed(html)
    return page


def name_faults(html: str, language: str, say: Callable[[str], str]) -> str:
    """Returns a page whose error summaries name the field of every line, in the page's order."""
    if "govuk-error-summary__list" not in html:
        return html
    page, colon = read(html), ": " if language == "en" else "："

    def lines(found: re.Match[str]) -> str:
        items = [_Line.of(page, *one) for one in _LINE.findall(found[2])]
        ordered = sorted(items, key=lambda one: one.place)
        told = "".join(one.html(colon, say) for one in ordered)
        return f"{found[1]}{told}{found[3]}"

    return _LIST.sub(lines, html)


@dataclass(frozen=True)
class _Line:
    field: str
    text: str  # as HTML
    label: str
    target: str
    place: int

    @classmethod
    def of(cls, page: Page, name: str, text: str) -> _Line:
        plain = unescape(name)
        return cls(plain, text, *page.named(plain))

    def html(self, colon: str, say: Callable[[str], str]) -> str:
        label = _REMARK.sub("", self.label) or _word(FIELDS, self.field, say)
        # Where the text names its field itself, it is not said twice.
        is_named = label.casefold() in unescape(self.text).casefold()
        text = self.text if is_named else f"{escape(label)}{colon}{self.text}"
        linked = f'<a href="#{escape(self.target)}">{text}</a>' if self.target else text
        return f"<li>{linked}</li>"


def _word(words: Mapping[str, str], name: str, say: Callable[[str], str]) -> str:
    """What a field that the page does not show is called elsewhere; empty if nowhere."""
    return say(words[name]) if name in words else ""


def _plain(texts: Iterable[str]) -> str:
    return " ".join("".join(texts).split()).rstrip("：:")
