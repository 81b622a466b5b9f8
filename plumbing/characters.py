"""Which characters a text of people may not contain, and how such a character is shown.

Control characters act on terminals, mails and spreadsheets. Marks that change the direction of
writing, and characters that show nothing, let one text look like another: a serial number with a
zero-width space is another serial number and nobody sees it. Requests and imported cells with such
characters are refused; spaces of no width are left out of imported cells. Rows that were stored
before keep them, so every edge of the platform (the terminal, mails, letters, exports, pages) shows
them by a visible sign.
"""

from __future__ import annotations

import re

# What Unicode calls control, format, separator of lines and surrogate (Cc, Cf, Zl, Zp, Cs), letters
# that show nothing, and numbers that are no characters. A test compares it with Unicode's tables.
_BARRED = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ud800-\udfff"
    "\ufdd0-\ufdef\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U00013438"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_PLANES = range(0x10000, 0x110000, 0x10000)
_BARRED += "".join(chr(plane + last) for plane in _PLANES for last in (0xFFFE, 0xFFFF))
_IN_A_LINE = re.compile(f"[{_BARRED}]")
_IN_LINES = re.compile(f"(?!\r?\n|\t)[{_BARRED}]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SHOWN = re.compile(f"(?!\r?\n|\t)[{_BARRED}]")
_PICTURES, _DELETE, _DELETE_PICTURE = 0x2400, 0x7F, "␡"  # Unicode pictures of C0 characters


def barred(text: str, *, several_lines: bool = False) -> str:
    """Returns the first character that a text may not contain; empty if there is none.

    In a text of several lines, line feeds (also after a carriage return) and tabs are allowed.
    """
    found = (_IN_LINES if several_lines else _IN_A_LINE).search(text)
    return found[0] if found else ""


def control(text: str) -> str:
    """Returns the first C0 control character but tab and line break; empty if there is none."""
    found = _CONTROL.search(text)
    return found[0] if found else ""


def reasons(character: str) -> tuple[str, str]:
    """Returns in Chinese and English why a text with this character is refused."""
    if character in "\r\n\t":
        return "只能写一行，不能含有换行或制表符", "must be one line without line breaks or tabs"
    code = f"U+{ord(character):04X}"
    zh = f"不能含有控制字符、不可见的字符或改变书写方向的字符（{code}）"
    return zh, f"must not hold control characters, invisible or direction marks ({code})"


def visible(text: str) -> str:
    """Replaces each barred character by a sign that can be seen; ends of lines and tabs stay.

    A C0 control character becomes its picture (␛), any other one its code (<U+202E>).
    """
    return text if text.isascii() and text.isprintable() else _SHOWN.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    return _DELETE_PICTURE if code == _DELETE else f"<U+{code:04X}>"
