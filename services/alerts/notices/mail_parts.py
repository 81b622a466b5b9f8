"""The text part and the HTML part of a mail: the notice, and below it the links.

Both say the same. The HTML part refers to nothing that a mail program would have to fetch. What
people wrote is escaped, and a character that cannot be seen is shown by a sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from plumbing.characters import visible
from services.alerts.languages import Language
from services.alerts.notices.links import check_path, path_of
from services.alerts.tables import Notice

_PAGE = (
    '<!doctype html>\n<html lang="{lang}">'
    '<head><meta charset="utf-8"><title>{title}</title></head>\n'
    '<body style="font-family: sans-serif; font-size: 16px; line-height: 1.6; max-width: 40em">\n'
    "{body}\n</body></html>\n"
)
_SECTION = '<div lang="{lang}">\n<h1 style="font-size: 20px">{title}</h1>\n{body}\n</div>'
_LINE = "\n" + "—" * 20 + "\n"
_COLON = {"zh-CN": "：", "en": ": "}
_LABELS = {
    "zh-CN": ("设置密码", "在平台上查看", "核验本文书的真伪"),
    "en": ("Set your password", "See it on the platform", "Check that this letter is genuine"),
}
_IN_CHINESE = "The text of this message is Chinese, the language of letters under the law."


@dataclass(frozen=True)
class Version:
    """A notice in one language, `zh-CN` or `en`: title, paragraphs, and links with their labels."""

    lang: str
    title: str
    paragraphs: list[str]
    links: list[tuple[str, str]]


def versions(notice: Notice, portal_url: str, link_token: str = "") -> list[Version]:
    """Returns the versions of a notice that its recipient gets: Chinese, English or both.

    A notice without an English text is sent in Chinese, below an English line for who wants one.
    """
    found = []
    if notice.language is not Language.ENGLISH or not notice.body_en:
        found.append(_chinese(notice, portal_url, link_token))
    if notice.language is not Language.CHINESE and notice.body_en:
        found.append(_english(notice, portal_url, link_token))
    return found


def title_of(notice: Notice) -> str:
    """Returns the title of a notice as one line, as a header of a mail requires."""
    return " / ".join(version.title for version in versions(notice, ""))


def text_part(notice: Notice, portal_url: str, link_token: str = "") -> str:
    """Returns the text of a mail: the body of the notice, then the links below a line."""
    return f"{_LINE}\n".join(map(_as_text, versions(notice, portal_url, link_token)))


def _as_text(version: Version) -> str:
    lines = [f"{label}{_COLON[version.lang]}{url}" for label, url in version.links]
    return "\n".join([*version.paragraphs, "", *lines, ""])


def html_part(notice: Notice, portal_url: str, link_token: str = "") -> str:
    """Returns the same as HTML: a paragraph for each line, and the links to follow."""
    found = versions(notice, portal_url, link_token)
    body = "\n<hr>\n".join(map(_as_html, found))
    return _PAGE.format(lang=found[0].lang, title=escape(title_of(notice)), body=body)


def _as_html(version: Version) -> str:
    lines = [line for text in version.paragraphs for line in text.split("\n") if line.strip()]
    links = [f'<p><a href="{escape(url)}">{escape(label)}</a></p>' for label, url in version.links]
    body = "\n".join([*(f"<p>{escape(line)}</p>" for line in lines), *links])
    return _SECTION.format(lang=version.lang, title=escape(version.title), body=body)


def _chinese(notice: Notice, portal_url: str, link_token: str) -> Version:
    untranslated = notice.language is not Language.CHINESE and not notice.body_en
    text = [_IN_CHINESE, ""] * untranslated + [visible(notice.body).rstrip("\n")]
    if notice.check_code:
        text += ["", f"文书编号：{notice.number}；校验码：{notice.check_code}"]
    links = _links(notice, portal_url, link_token, "zh-CN")
    return Version("zh-CN", _line(notice.title), text, links)


def _english(notice: Notice, portal_url: str, link_token: str) -> Version:
    text = [visible(notice.body_en).rstrip("\n")]
    links = _links(notice, portal_url, link_token, "en")
    return Version("en", _line(notice.title_en), text, links)


def _line(title: str) -> str:
    return visible(" ".join(title.split()))


def _links(notice: Notice, portal_url: str, link_token: str, lang: str) -> list[tuple[str, str]]:
    base, (password, page, check) = portal_url.rstrip("/"), _LABELS[lang]
    if link_token:
        return [(password, f"{base}/password/{link_token}")]
    path = path_of(notice)
    links = [(page, f"{base}{path}")] if path else []
    if notice.check_code:
        links.append((check, f"{base}{check_path(notice.number, notice.check_code)}"))
    return links
