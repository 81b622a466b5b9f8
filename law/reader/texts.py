"""The legal texts on which the rules are based, and the citations of their articles.

A citation is the id of a text, a space and the article as the text numbers it: ``S4 四(三)2``.
Several citations are joined by ``; ``. The project's own readings are cited by number: ``C-17``
(ambiguity), ``R-076`` (requirement), ``D-08`` (decision).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from law.errors import NotFound


class TextStatus(StrEnum):
    """Whether a legal text is issued or a draft. Only an issued text binds."""

    ISSUED = "issued"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Text:
    """One legal text: the id used in citations, its titles, its status and its document number."""

    id: str
    title_zh: str
    title_en: str
    status: TextStatus
    number: str = ""


_ISSUED, _DRAFT = TextStatus.ISSUED, TextStatus.DRAFT

_ALL = (
    Text(
        "S0",
        "天津市服务业诚信计量分类监管试点方案（征求意见稿）",
        "Tianjin pilot plan for classified supervision of honest metrology in services (draft)",
        _DRAFT,
    ),
    Text(
        "S1",
        "服务业诚信计量监督管理制度建设指南",
        "National guide to supervision systems for honest metrology in services",
        _ISSUED,
        "国质检量函〔2017〕566号",
    ),
    Text(
        "S2",
        "诚信计量体系建设的指导意见（征求意见稿）",
        "Taizhou guidance on building the honest-metrology system (draft)",
        _DRAFT,
    ),
    Text(
        "S3",
        "杭州市计量信用管理办法（试行）",
        "Hangzhou measures for metrology credit (trial, draft)",
        _DRAFT,
    ),
    Text(
        "S4",
        "杭州市民生计量信用监督管理暂行办法",
        "Hangzhou interim measures for credit supervision of metrology in people's livelihood",
        _ISSUED,
        "杭市管〔2021〕120号",
    ),
    Text("CIVIL-CODE", "中华人民共和国民法典", "Civil Code of the PRC", _ISSUED),
    Text(
        "CYBERSECURITY-LAW",
        "中华人民共和国网络安全法",
        "Cybersecurity Law of the PRC",
        _ISSUED,
    ),
    Text(
        "PIPL",
        "中华人民共和国个人信息保护法",
        "Personal Information Protection Law of the PRC",
        _ISSUED,
    ),
    Text("METROLOGY-LAW", "中华人民共和国计量法", "Metrology Law of the PRC", _ISSUED),
    Text(
        "METROLOGY-RULES",
        "中华人民共和国计量法实施细则",
        "Rules for the implementation of the Metrology Law of the PRC",
        _ISSUED,
    ),
    Text(
        "PENALTY-LAW",
        "中华人民共和国行政处罚法",
        "Administrative Penalty Law of the PRC",
        _ISSUED,
    ),
    Text(
        "GBF-2025-22",
        "关于进一步完善信用修复制度的实施方案",
        "State Council General Office plan on improving credit repair",
        _ISSUED,
        "国办发〔2025〕22号",
    ),
    Text("NDRC-REPAIR", "信用修复管理办法", "Measures for credit repair (NDRC)", _ISSUED),
    Text(
        "ZJ-REPAIR",
        "浙江省公共信用修复管理暂行办法",
        "Zhejiang interim measures for public credit repair",
        _ISSUED,
    ),
    Text(
        "SAMR-REPAIR",
        "市场监督管理信用修复管理办法",
        "SAMR measures for credit repair in market regulation",
        _ISSUED,
    ),
    Text(
        "CATALOGUE-2020-42",
        "实施强制管理的计量器具目录",
        "Catalogue of measuring instruments under compulsory administration",
        _ISSUED,
        "市场监管总局公告2020年第42号",
    ),
    Text(
        "JJG",
        "国家计量检定规程",
        "National verification regulations of measuring instruments",
        _ISSUED,
    ),
    Text(
        "HOLIDAYS",
        "国务院办公厅关于部分节假日安排的通知",
        "Yearly notices of the State Council General Office on the arrangement of holidays",
        _ISSUED,
    ),
)

TEXTS = {text.id: text for text in _ALL}

_OWN = re.compile(r"[CRD]-\d{2,3}")
# An article, 27 or 24(三), or a part, 四(三)2.
_ARTICLE = re.compile(
    r"(?:(\d{1,3})|([一二三四五六七八九十]+))((?:\([一二三四五六七八九十]+\))*)(\d*)"
)
# Numbers of a catalogue, of regulations and of notices are not articles.
_NUMBERED_OTHERWISE = frozenset({"CATALOGUE-2020-42", "JJG", "HOLIDAYS"})
_OWN_IN_SENTENCE = re.compile(rf"[；;]? ?(?<![A-Za-z0-9-]){_OWN.pattern}(?!\d)")

_CODE_IN_SENTENCE = re.compile(rf"(?<![A-Za-z0-9-])({'|'.join(TEXTS)})(?![A-Za-z0-9-]) ?")


def text(text_id: str) -> Text:
    """Returns the legal text with this id, e.g. ``S4``. Raises NotFound for an unknown id."""
    try:
        return TEXTS[text_id]
    except KeyError:
        raise NotFound(f"没有编号为{text_id}的法规文本", f"No legal text {text_id}.") from None


def is_citation(value: str) -> bool:
    """Returns whether every part of a citation names a known text or a number such as C-17."""
    return all(_known(part.strip()) for part in value.split(";"))


def spell_out(value: str, lang: str, within: str = "") -> str:
    """Returns a citation with the titles of the legal texts, in the language `zh` or `en`.

    The title is left out for articles of the text with the id `within`.
    """
    parts = (_spelled(part.strip(), lang, within) for part in value.split(";"))
    return ("；" if lang == "zh" else "; ").join(parts)


def without_codes(sentence: str) -> str:
    """Returns a sentence without numbers such as ``C-17``, for use in letters."""
    return _OWN_IN_SENTENCE.sub("", sentence).replace("（）", "").replace("（；", "（")


def with_titles(sentence: str, lang: str) -> str:
    """Returns a sentence for readers who know no codes: each text by its title, no numbers."""

    def titled(found: re.Match[str]) -> str:
        known = TEXTS[found[1]]
        return f"《{known.title_zh}》" if lang == "zh" else f"{known.title_en}, "

    return _CODE_IN_SENTENCE.sub(titled, without_codes(sentence))


@lru_cache(maxsize=1024)
def spell_articles(value: str, lang: str = "zh") -> str:
    """Returns a citation for use in a letter: the title of each text, once, then its articles.

    The project's own numbers (C-19, R-131, D-08) are left out, because no reader of a letter knows
    them. In Chinese an article is written as in official documents: 第二十七条, 第四部分第（三）项.
    """
    articles: dict[str, list[str]] = {}
    for part in value.split(";"):
        head, _, article = part.strip().partition(" ")
        if head in TEXTS:
            articles.setdefault(head, []).append(
                _official(head, article) if lang == "zh" else article
            )
    if lang == "zh":
        return "，".join(f"《{TEXTS[h].title_zh}》{'、'.join(a)}" for h, a in articles.items())
    return "; ".join(f"{TEXTS[h].title_en}, {', '.join(a)}" for h, a in articles.items())


def _official(text_id: str, article: str) -> str:
    """An article in official Chinese; as the text numbers it where that is not 条 or 部分."""
    known = _ARTICLE.fullmatch(article)
    if known is None or text_id in _NUMBERED_OTHERWISE:
        return article.replace("(", "（").replace(")", "）")
    number, part, items, point = known.groups()
    whole = f"第{_numeral(int(number))}条" if number else f"第{part}部分"
    listed = "".join(f"第（{item}）项" for item in re.findall(r"\((.+?)\)", items))
    return whole + listed + (f"第{point}点" if point else "")


def _numeral(number: int) -> str:
    """A whole number from 1 to 999 in Chinese: 27 is 二十七, 201 is 二百零一."""
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{digits[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")


def _known(part: str) -> bool:
    head, _, article = part.partition(" ")
    return bool(_OWN.fullmatch(part)) or (head in TEXTS and bool(article.strip()))


def _spelled(part: str, lang: str, within: str) -> str:
    head, _, article = part.partition(" ")
    if head not in TEXTS:
        return part
    if head == within:
        return article if lang == "zh" else f"art. {article}"
    title = TEXTS[head].title_zh if lang == "zh" else TEXTS[head].title_en
    return f"《{title}》{article}" if lang == "zh" else f"{title}, {article}"
