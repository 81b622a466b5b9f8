"""The text part and the HTML part of a mail: the notice, and below it the links.

Both say the same. The HTML part refers to nothing that a mail program would have to fetch. What
people wrote is escaped, and a character that cannot be seen is shown by a sign.
"""

from __future__ import annotations

from html import escape

from plumbing.characters import visible
from services.alerts.notices.links import check_path, path_of
from services.alerts.tables import Notice

_PAGE = (
    '<!doctype html>\n<html lang="zh-CN">'
    '<head><meta charset="utf-8"><title>{title}</title></head>\n'
    '<body style="font-family: sans-serif; font-size: 16px; line-height: 1.6; max-width: 40em">\n'
    '<h1 style="font-size: 20px">{title}</h1>\n{body}\n</body></html>\n'
)


def title_of(notice: Notice) -> str:
    """Returns the title of a notice as one line, as a header of a mail requires."""
    return visible(" ".join(notice.title.split()))


def text_part(notice: Notice, portal_url: str, link_token: str = "") -> str:
    """Returns the text of a mail: the body of the notice, then the links below a line."""
    lines = [f"{label}：{url}" for label, url in _links(notice, portal_url, link_token)]
    return "\n".join([visible(notice.body).rstrip("\n"), "", *_letter(notice), *lines, ""])


def html_part(notice: Notice, portal_url: str, link_token: str = "") -> str:
    """Returns the same as HTML: a paragraph for each line, and the links to follow."""
    written = [*visible(notice.body).split("\n"), *_letter(notice)]
    paragraphs = [f"<p>{escape(line)}</p>" for line in written if line.strip()]
    links = [
        f'<p><a href="{escape(url)}">{escape(label)}</a></p>'
        for label, url in _links(notice, portal_url, link_token)
    ]
    return _PAGE.format(title=escape(title_of(notice)), body="\n".join(paragraphs + links))


def _letter(notice: Notice) -> list[str]:
    if not notice.check_code:
        return []
    return [f"文书编号：{notice.number}；校验码：{notice.check_code}"]


def _links(notice: Notice, portal_url: str, link_token: str) -> list[tuple[str, str]]:
    base = portal_url.rstrip("/")
    if link_token:
        return [("设置密码", f"{base}/password/{link_token}")]
    links = [("在平台上查看", f"{base}{path_of(notice)}")]
    if notice.check_code:
        checked = f"{base}{check_path(notice.number, notice.check_code)}"
        links.append(("核验本文书的真伪", checked))
    return links
