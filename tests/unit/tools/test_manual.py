"""The manuals name pages, words and pictures that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plumbing.identity import Role
from services.portal.navigation import navigation
from services.portal.routes import ADDRESSES
from tools.manual import PICTURES, TAKEN
from tools.messages import texts

FOLDER = PICTURES.parent
MANUALS = sorted(FOLDER.glob("*.md"))
MOST_BYTES, MOST_BYTES_TOGETHER = 60_000, 3_000_000
ROLES = {
    "operator": Role.OPERATOR,
    "caseworker": Role.CASEWORKER,
    "unit-head": Role.UNIT_HEAD,
    "reviewer": Role.MUNICIPAL_REVIEWER,
    "inspector": Role.INSPECTOR,
    "institution": Role.VERIFICATION_INSTITUTION,
    "administrator": Role.ADMINISTRATOR,
    "auditor": Role.AUDITOR,
}
_PAGE = re.compile(r"`(/[^`]*)`")
_WORDS = re.compile(r"\*\*([^*]+)\*\*")
_PICTURE = re.compile(r"!\[[^]]+\]\(pictures/([\w-]+)\.png\)")
_LINK = re.compile(r"\]\(([^)#]+)\)")


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.stem)
def test_every_page_and_word_of_a_manual_exists(manual: Path) -> None:
    text = manual.read_text(encoding="utf-8")
    pages, said = {address.path for address in ADDRESSES}, texts()
    assert [one for one in _PAGE.findall(text) if one.partition("?")[0] not in pages] == []
    assert [one for one in _WORDS.findall(text) if one not in said] == []
    assert [one for one in _LINK.findall(text) if not (FOLDER / one).exists()] == []


@pytest.mark.parametrize(("name", "role"), ROLES.items())
def test_a_manual_begins_with_the_navigation_of_its_role(name: str, role: Role) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "页面上方是" in line)
    places = [place.name for place in navigation([role]) if place.path != "/law"]
    assert _WORDS.findall(line) == places


def test_every_picture_is_shown_and_made_by_the_target() -> None:
    shown = {name for manual in MANUALS for name in _PICTURE.findall(manual.read_text("utf-8"))}
    assert shown == {picture.name for picture in TAKEN}
    assert shown == {file.stem for file in PICTURES.iterdir()}


def test_pictures_are_small() -> None:
    sizes = [file.stat().st_size for file in PICTURES.iterdir()]
    assert max(sizes) <= MOST_BYTES
    assert sum(sizes) <= MOST_BYTES_TOGETHER


def test_each_manual_stands_in_the_contents() -> None:
    contents = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in MANUALS if path.name not in contents] == ["README.md"]
