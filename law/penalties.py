"""Tells penalties under the law of metrology from others, by the provisions that they rest on.

The register has credit records of metrology only (S3 5, S4 二(一)7). The national publication lists
all penalties of a bureau; the register takes no others of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

METROLOGY = "计量"  # every text of this field of law has the word in its title
_TITLE = re.compile("《([^《》]{1,80})》")
_UNQUOTED = re.compile(
    "[\u4e00-\u9fff]{0,30}?(?:法(?![人定律规院])|条例|办法|规定|细则|规则|决定)(?=第|等|,|;|、|。|\\s|$)"
)
_LEAD = re.compile("^(?:根据|依据|按照|违反了?|以及|及其?|和|与|、)+")


def cited_titles(basis: str) -> Sequence[str]:
    """Returns the titles of the texts that the basis of a penalty cites, each once, in order.

    Titles stand in 《》; without any, whatever reads like the title of a text counts.
    """
    written = unicodedata.normalize("NFKC", basis)
    titles = _TITLE.findall(written) or [
        _LEAD.sub("", found) for found in _UNQUOTED.findall(written)
    ]
    return tuple(dict.fromkeys(title.strip() for title in titles if title.strip()))


def under_metrology_law(basis: str) -> bool:
    """Returns whether a penalty rests on the law of metrology, alone or among other texts."""
    titles = cited_titles(basis)
    return any(METROLOGY in title for title in titles) or (not titles and METROLOGY in basis)
