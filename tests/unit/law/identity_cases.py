"""The cases of the rule of identity: what two writings, or two things, are to each other, and why.

Each row has the kind, what stands left and right, the verdict and the reason. A writing is a text;
a thing is its values, of which a row names those that differ from `ORDINARY`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from law.colours.rule import VerificationResult
from law.identity import Verdict

SAME, DIFFERENT, PERHAPS = Verdict.SAME, Verdict.DIFFERENT, Verdict.PERHAPS
PASS, REJECT = VerificationResult.PASS, VerificationResult.REJECT
REPAIRED, PENDING = VerificationResult.REPAIRED, VerificationResult.PENDING


class Case(NamedTuple):
    """One row of the table."""

    kind: str
    left: Any
    right: Any
    verdict: Verdict
    why: str


# What a thing is where a row does not say otherwise. The credit codes are made up.
CODE, OTHER_CODE = "91330106MA2KC1XA79", "91330106MA2KC1YT59"
ORDINARY: dict[str, dict[str, Any]] = {
    "subject": {
        "bureau": "330106",
        "name": "样例加油站（西湖）",
        "credit_code": "",
        "external_ref": "",
        "address": "",
    },
    "instrument": {
        "subject_id": "s1",
        "type_code": "FUEL",
        "serial_no": "XL-001",
        "model": "",
    },
    "record": {
        "subject_id": "s1",
        "kind": "penalty",
        "source_ref": "测罚〔2026〕2号",
        "occurred_on": date(2026, 3, 1),
        "determined_on": date(2026, 4, 1),
        "summary": "使用不合格的计量器具",
    },
    "verification": {
        "instrument_id": "i1",
        "institution": "样例检定院（杭州）",
        "certificate_no": "JL〔2026〕7号",
        "verified_on": date(2026, 5, 1),
        "result": PASS,
        "part": "",
    },
}
_NO_CERTIFICATE = {"certificate_no": ""}

FOLDS = (
    Case("name", "样例ＡＢ（一）店", "样例ab(一)店", SAME, "width and case"),
    Case("name", "样例【一】店", "样例〔一〕店", SAME, "kinds of bracket"),
    Case("name", "样例［一］店", "样例[一]店", SAME, "wide brackets"),
    Case("name", "样例—店", "样例-店", SAME, "kinds of dash"),
    Case("name", "样例 店\u3000", "样例店", SAME, "blanks, wide ones too"),
    Case("name", "样例\u200b店\ufeff", "样例店", SAME, "invisible characters"),
    Case("name", "'样例店", "样例店", SAME, "the apostrophe of a spreadsheet"),
    Case("name", '="样例店"', "样例店", SAME, "the formula of a spreadsheet for a text"),
    Case("name", "样例一店", "样例二店", DIFFERENT, "a digit tells two apart"),
    Case("name", "样例A店", "样例B店", DIFFERENT, "a letter tells two apart"),
    Case("name", "样例・店", "样例店", DIFFERENT, "punctuation is no fold; it is only hinted"),
    Case("document", "测罚〔2026〕2号", "测罚[2026]2号", SAME, "kinds of bracket"),
    Case("document", "测罚〔2026〕2号", "测罚（2026）2号", SAME, "wide brackets"),
    Case("document", "测罚〔2026〕2号", "测罚【2026】02号", SAME, "zeros after the year"),
    Case("document", "测罚〔2026〕2号", "测罚(2026)第2号", SAME, "第 says nothing"),
    Case("document", "测罚〔2026〕2号", "测罚〔２０２６〕２", SAME, "width; 号 says nothing"),
    Case("document", "测罚〔2026〕2号", " 测罚 〔2026〕 2 号 ", SAME, "blanks"),
    Case("document", "测罚〔2026〕2号", "测罚〔2026〕2\u200b号", SAME, "invisible characters"),
    Case("document", "测罚〔2026〕2号", "'测罚〔2026〕2号", SAME, "a mark of a spreadsheet"),
    Case("document", "测罚〔2026〕2号", '="测罚〔2026〕2号"', SAME, "a mark of a spreadsheet"),
    Case("document", "测罚〔2026〕2号", "测罚〔2026〕20号", DIFFERENT, "another number"),
    Case("document", "测罚〔2026〕2号", "测罚〔2025〕2号", DIFFERENT, "another year"),
    Case("document", "测罚〔2026〕2号", "测检〔2026〕2号", DIFFERENT, "another kind of document"),
    Case("document", "A-007", "A-7", DIFFERENT, "no form says what the zeros are"),
    Case("document", "无", "无", PERHAPS, "a placeholder is no number"),
    Case("document", "/", "不详", PERHAPS, "placeholders are no numbers"),
    Case("serial", "XL-001", "ＸＬ－００１", SAME, "width"),
    Case("serial", "XL-001", "xl-001", SAME, "case"),
    Case("serial", "XL-001", "XL—001", SAME, "kinds of dash"),
    Case("serial", "XL-001", " XL -001\u200b", SAME, "blanks and invisible characters"),
    Case("serial", "XL-001", "№XL-001", SAME, "a sign for number"),
    Case("serial", "XL-001", "No.XL-001", SAME, "a sign for number"),
    Case("serial", "XL-001", "编号：XL-001", SAME, "a word for number"),
    Case("serial", "XL-001", "'XL-001", SAME, "a mark of a spreadsheet"),
    Case("serial", "007", '="007"', SAME, "a mark of a spreadsheet"),
    Case("serial", "007", "7", DIFFERENT, "a serial number has no form: its zeros may count"),
    Case("serial", "XL-001", "XL001", DIFFERENT, "punctuation is only hinted"),
    Case("serial", "XL-001", "XL-001A", DIFFERENT, "a letter tells two apart"),
    *(
        Case("serial", word, word, PERHAPS, "a placeholder is no number")
        for word in (
            *("无", "不详", "б/н", "Б/Н", "-", "——", "/", "\\", "0", "000", "０", "N/A"),
            *("无编号", "", " "),
        )
    ),
    Case("serial", "无01", "无1", DIFFERENT, "a number that begins like a placeholder"),
    Case("part", "1", "01", SAME, "the number of a part has no zeros that count"),
    Case("part", "1号枪", "油枪1", SAME, "words for a nozzle"),
    Case("part", "1#", "第一通道", SAME, "words and figures for a number"),
    Case("part", "A相", "相Ａ", SAME, "phases"),
    Case("part", "1", "2", DIFFERENT, "two nozzles"),
    Case("part", "A相", "B相", DIFFERENT, "two phases"),
    Case("part", "无", "-", PERHAPS, "a placeholder names no part"),
    Case("measure", "(0~30) kg", "0-30kg", SAME, "brackets and the sign of a range"),
    Case("measure", "0kg～30kg", "（0至30）kg", SAME, "the unit at both ends, and 至"),
    Case("measure", "-20℃~+50℃", "(-20～50)℃", SAME, "a sign before a number"),
    Case("measure", "0.5级", "0.5", SAME, "the word for a class"),
    Case("measure", "Ⅲ级", "III", SAME, "a class in one sign"),
    Case("measure", "(-20~50)℃", "(20~50)℃", DIFFERENT, "below zero"),
    Case("measure", "0~30kg", "0~30g", DIFFERENT, "another unit"),
    Case("measure", "0g~30kg", "0~30kg", DIFFERENT, "units that differ"),
    Case("measure", "0~3.0kg", "0~30kg", DIFFERENT, "another number"),
    Case("code", CODE, CODE.lower(), SAME, "case"),
    Case("code", CODE, "９１３３０１０６ＭＡ２ＫＣ１ＸＡ７９", SAME, "width"),
    Case("code", CODE, f"'{CODE}\u200b", SAME, "a mark of a spreadsheet, invisible characters"),
    Case("code", CODE, f" {CODE[:8]} {CODE[8:]}", SAME, "blanks"),
    Case("code", CODE, f"{CODE[:8]}-{CODE[8:]}", SAME, "a hyphen"),
    Case("code", CODE, OTHER_CODE, DIFFERENT, "two legal persons"),
    Case("code", "无", "无", PERHAPS, "a placeholder is no code"),
)
SUBJECTS = (
    Case("subject", {"credit_code": CODE}, {"credit_code": OTHER_CODE}, DIFFERENT, "two codes"),
    Case(
        "subject",
        {"credit_code": CODE},
        {"credit_code": CODE, "name": "新名", "bureau": "330108"},
        SAME,
        "the code, whatever the name and the bureau",
    ),
    Case("subject", {}, {"name": "样例加油站(西湖)"}, SAME, "bureau and name, in any writing"),
    Case("subject", {}, {"name": "样例加油站(东湖)"}, DIFFERENT, "another name"),
    Case(
        "subject",
        {"address": "杭州市西湖区样例路1号"},
        {"address": "样例路 1号"},
        SAME,
        "an address may leave out the division",
    ),
    Case("subject", {"address": "样例路1号"}, {}, SAME, "an address that is not known"),
    Case(
        "subject",
        {"address": "样例路1号"},
        {"address": "样例路2号"},
        PERHAPS,
        "namesakes at two addresses",
    ),
    Case("subject", {"external_ref": "A1"}, {"external_ref": "A2"}, PERHAPS, "two own numbers"),
    Case("subject", {"credit_code": CODE}, {}, PERHAPS, "one of the namesakes has a code"),
    Case("subject", {}, {"bureau": "330108"}, PERHAPS, "twins: namesakes of two bureaus"),
    Case("subject", {"name": "不详"}, {"name": "不详"}, PERHAPS, "a placeholder is no name"),
)
INSTRUMENTS = (
    Case("instrument", {}, {"serial_no": "ＸＬ—００１"}, SAME, "owner, type and number"),
    Case("instrument", {"model": "ACS-30"}, {"model": "acs 30"}, SAME, "a model in two writings"),
    Case("instrument", {"model": "ACS-30"}, {}, SAME, "a model that is not known"),
    Case(
        "instrument",
        {"model": "台式"},
        {"model": "立柜式"},
        PERHAPS,
        "one number with two models: a slip, or two instruments; never merged",
    ),
    Case("instrument", {}, {"subject_id": "s2"}, DIFFERENT, "another owner"),
    Case("instrument", {}, {"type_code": "SCALE"}, DIFFERENT, "another type"),
    Case("instrument", {}, {"serial_no": "XL-002"}, DIFFERENT, "another number"),
    Case(
        "instrument",
        {"serial_no": "无"},
        {"serial_no": "无"},
        PERHAPS,
        "never merged on a placeholder",
    ),
    Case(
        "instrument",
        {"serial_no": "无", "model": "台式"},
        {"serial_no": "-", "model": "立柜式"},
        DIFFERENT,
        "without numbers the models tell them apart",
    ),
    Case("instrument", {"serial_no": "无"}, {}, DIFFERENT, "one has a number, the other has none"),
)
RECORDS = (
    Case("record", {}, {"source_ref": "测罚[2026]02号"}, SAME, "one number by its meaning"),
    Case(
        "record",
        {},
        {"occurred_on": date(2026, 3, 2)},
        SAME,
        "one document: another day of the event contradicts it, and is refused",
    ),
    Case("record", {}, {"source_ref": "测罚〔2026〕3号"}, PERHAPS, "other document, same days"),
    Case(
        "record",
        {},
        {"source_ref": "测罚〔2026〕3号", "occurred_on": date(2026, 3, 2)},
        DIFFERENT,
        "another document about another day",
    ),
    Case("record", {}, {"subject_id": "s2"}, DIFFERENT, "another subject"),
    Case("record", {}, {"kind": "complaint"}, DIFFERENT, "another kind"),
    Case(
        "record",
        {"source_ref": "无"},
        {"source_ref": "不详", "summary": "缺秤"},
        PERHAPS,
        "never merged on a placeholder",
    ),
    Case(
        "record",
        {"source_ref": "无"},
        {"source_ref": "/"},
        SAME,
        "without a number, but all that is told is the same: one row, sent twice",
    ),
)
VERIFICATIONS = (
    Case(
        "verification",
        {},
        {"certificate_no": "JL[2026]007号", "institution": "样例检定院(杭州)"},
        SAME,
        "institution and number of the certificate, in any writing",
    ),
    Case("verification", {}, {"instrument_id": "i2"}, DIFFERENT, "another instrument"),
    Case("verification", {}, {"part": "2"}, DIFFERENT, "one certificate for two nozzles"),
    Case("verification", {}, {"institution": "别院"}, DIFFERENT, "another institution's number"),
    Case("verification", _NO_CERTIFICATE, _NO_CERTIFICATE, SAME, "one day and one result"),
    Case(
        "verification",
        {"certificate_no": "无"},
        {"certificate_no": "无", "verified_on": date(2026, 5, 2)},
        DIFFERENT,
        "a placeholder is no certificate: two days are two verifications",
    ),
    Case("verification", _NO_CERTIFICATE, {}, SAME, "the certificate is not told by one of them"),
    Case(
        "verification",
        _NO_CERTIFICATE,
        {**_NO_CERTIFICATE, "result": REJECT},
        PERHAPS,
        "two results of one day: the severe one stands until a person has looked",
    ),
    Case(
        "verification",
        {**_NO_CERTIFICATE, "part": "1"},
        {**_NO_CERTIFICATE, "part": "2", "result": REJECT},
        DIFFERENT,
        "two nozzles have results of their own",
    ),
    Case(
        "verification",
        {**_NO_CERTIFICATE, "part": "1"},
        {**_NO_CERTIFICATE, "result": REJECT},
        PERHAPS,
        "the whole instrument covers its nozzle",
    ),
    Case(
        "verification",
        _NO_CERTIFICATE,
        {**_NO_CERTIFICATE, "result": PENDING},
        DIFFERENT,
        "a pending result contradicts nothing",
    ),
    Case(
        "verification",
        _NO_CERTIFICATE,
        {**_NO_CERTIFICATE, "result": REPAIRED, "precedes": True},
        DIFFERENT,
        "what is known to come before the others of its day contradicts none",
    ),
    Case(
        "verification",
        _NO_CERTIFICATE,
        {**_NO_CERTIFICATE, "result": REPAIRED},
        PERHAPS,
        "of other results of a day nobody knows which came last",
    ),
)
CASES = (*FOLDS, *SUBJECTS, *INSTRUMENTS, *RECORDS, *VERIFICATIONS)
