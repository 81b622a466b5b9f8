"""Reading whole text files: encodings, delimiters, headers, and rows that are refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from law.colours.rule import VerificationResult
from law.errors import InvalidInput
from law.evidence import SubjectKind
from protos.registry.v1 import registry_pb2 as pb
from services.cli import sample
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.imports.rows.faults import Note
from services.registry.imports.rows.file import FileContent, read_file

TODAY = date(2026, 9, 14)
BUREAUS = "机关代码,机关名称\n330106,样例局\n"
VERIFICATIONS = "使用单位,器具类型,出厂编号,检定结果,检定日期,有效期至,检定机构,证书编号\n"


def read_rows(content: str | bytes, family: str = "bureaus", **header: Any) -> FileContent:
    data = content.encode() if isinstance(content, str) else content
    return read_file(pb.ImportHeader(family=family, **header), data, TODAY)


def faults(done: FileContent) -> list[tuple[int, str, str]]:
    """Row, column and reason of every fault."""
    return [(n.row, n.column, n.reason) for n in done.notes.in_order() if not n.warning]


def warnings(done: FileContent) -> list[Note]:
    return [note for note in done.notes.in_order() if note.warning]


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_ending_and_delimiter_reads_alike(
    encode: str, encoding: str, ending: str, delimiter: str
) -> None:
    text = BUREAUS.replace(",", delimiter).replace("\n", ending)
    done = read_rows(text.encode(encode))
    assert done.encoding == encoding
    assert faults(done) == []
    assert [item.values for item in done.items] == [{"code": "330106", "name": "样例局"}]


def test_a_header_is_found_by_its_english_name_too_and_with_marks_of_a_template() -> None:
    done = read_rows("CODE, name* ,＊电话\n330106,样例局,000\n")
    assert [item.values for item in done.items] == [
        {"code": "330106", "name": "样例局", "phone": "000"}
    ]


def test_one_broken_row_of_a_utf8_file_is_named_and_the_rest_is_read() -> None:
    rows = [f"3301{n:02d},样例局{n}\n".encode() for n in range(1, 6)]
    rows[2] = "330103,样".encode() + b"\xe4\xbe\n"
    done = read_rows(b"code,name\n" + b"".join(rows))
    assert done.encoding == "utf-8-sig"
    assert faults(done) == [(4, "name", "BAD_ENCODING")]
    assert len(done.items) == 4


def test_a_file_in_no_encoding_we_read_is_one_fault_and_no_crash() -> None:
    assert faults(read_rows(b"\xff\xff\xff\n\xff\n")) == [(1, "", "BAD_ENCODING")]


def test_an_empty_file_and_one_with_only_a_header_say_so() -> None:
    assert faults(read_rows("")) == [(1, "", "EMPTY_FILE")]
    assert faults(read_rows("\n ,\n\n")) == [(1, "", "EMPTY_FILE")]
    assert faults(read_rows("code,name\n\n")) == [(1, "", "NO_ROWS")]


def test_each_missing_column_is_one_fault_that_names_the_columns_seen() -> None:
    done = read_rows("名字,代码\n" + "a,b\n" * 50)
    assert faults(done) == [(1, "code", "MISSING_COLUMN"), (1, "name", "MISSING_COLUMN")]
    [code, _] = [note for note in done.notes.notes if not note.warning]
    assert "名字" in code.zh
    assert "代码" in code.en
    assert done.rows == 50


def test_a_mapped_column_that_is_not_there_is_a_fault_even_where_not_required() -> None:
    done = read_rows(BUREAUS, columns={"phone": "Tel."})
    assert faults(done) == [(1, "Tel.", "MISSING_COLUMN")]


def test_a_doubled_header_is_a_fault_where_it_is_used_and_a_warning_where_not() -> None:
    assert faults(read_rows("code,name,name\n330106,a,b\n")) == [(1, "name", "DUPLICATE_COLUMN")]
    done = read_rows("code,name,x,x\n330106,a,b,c\n")
    assert faults(done) == []
    assert [note.reason for note in warnings(done)] == ["UNKNOWN_COLUMN"]


def test_columns_nobody_asked_for_are_listed_and_the_reasons_of_a_rejected_file_are_not() -> None:
    done = read_rows("code,name,备注,原因\n330106,a,b,c\n")
    assert [note.column for note in warnings(done)] == ["备注"]


def test_ragged_rows_broken_quotes_and_huge_cells_are_faults_of_their_rows() -> None:
    huge = "x" * (FileLimits().cell + 1)
    done = read_rows(f'code,name\n330101,a,b\n330102\n330103,"a"b\n330104,{huge}\n330105,ok\n')
    assert faults(done) == [
        (2, "", "RAGGED_ROW"),
        (3, "", "RAGGED_ROW"),
        (4, "", "BAD_QUOTES"),
        (5, "", "HUGE_CELL"),
    ]
    assert [item.row for item in done.items] == [6]


def test_a_quote_that_is_never_closed_is_one_fault() -> None:
    done = read_rows('code,name\n330101,"a\n330102,b\n')
    assert faults(done) == [(2, "", "BAD_QUOTES")]


def test_blank_rows_are_skipped_and_still_counted_in_row_numbers() -> None:
    done = read_rows("code,name\n\n,\n330101,a\n")
    assert [item.row for item in done.items] == [4]
    assert done.rows == 1


def test_every_bad_cell_of_every_row_is_named_at_once() -> None:
    done = read_rows(
        VERIFICATIONS
        + "甲,,S1,良好,2026-13-01,,样例院,C1\n"
        + f"甲,FUEL,{'长' * 101},合格,2026-09-01,2027-02-28,,C2\n",
        "verifications",
    )
    assert faults(done) == [
        (2, "器具类型", "MISSING"),
        (2, "检定结果", "NOT_A_CHOICE"),
        (2, "检定日期", "NO_SUCH_DATE"),
        (3, "出厂编号", "TOO_LONG"),
        (3, "检定机构", "MISSING"),
    ]
    assert all(note.zh and note.en for note in done.notes.notes)
    assert len(next(n for n in done.notes.notes if n.reason == "TOO_LONG").value) == 100


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("NAWI-D,S,合格,2026-09-01,,院,C", "有效期至"),
        ("какой-то тип,S,合格,2026-09-01,,院,C", "有效期至"),
        ("NAWI-D,S,不合格,2026-09-01,2027-09-01,院,C", "有效期至"),
        ("NAWI-D,S,待定,2026-09-01,2027-09-01,院,C", "有效期至"),
        ("NAWI-D,S,合格,2026-09-01,2026-08-31,院,C", "有效期至"),
        ("NAWI-D,S,合格,2026-09-15,2027-09-14,院,C", "检定日期"),
    ],
)
def test_rows_that_contradict_themselves_are_faults(row: str, column: str) -> None:
    done = read_rows(f"{VERIFICATIONS}甲,{row}\n", "verifications")
    assert faults(done) == [(2, column, "CONTRADICTION")]


def test_a_type_that_is_only_verified_first_passes_without_a_date() -> None:
    done = read_rows(f"{VERIFICATIONS}甲,WATER-S25,S,合格,2026-09-01,,院,C\n", "verifications")
    assert faults(done) == []


def test_constants_and_values_fill_and_translate() -> None:
    done = read_rows(
        "owner,serial,state_of_it\n甲,S,Aprovado\n",
        "verifications",
        columns={"serial_no": "serial", "result": "state_of_it"},
        constants={
            "type_code": "WATER-S25",
            "verified_on": "2026年9月1日",
            "institution": "院",
        },
        values={"result:Aprovado": "pass"},
    )
    [item] = done.items
    assert item.values["result"] == "pass"
    assert item.values["verified_on"] == date(2026, 9, 1)


def test_the_bureau_of_the_file_stands_where_rows_do_not_say() -> None:
    content = "name,kind,sector,bureau\na,organisation,market,\nb,organisation,market,330110\n"
    done = read_rows(content, "subjects", bureau="330106")
    assert [item.values["bureau"] for item in done.items] == ["330106", "330110"]
    done = read_rows("name,kind,sector\na,organisation,market\n", "subjects", bureau="330106")
    assert done.items[0].values["bureau"] == "330106"


def test_the_day_of_entry_is_read_of_a_baseline_only() -> None:
    content = (
        "owner,kind,occurred_on,determined_on,source_ref,entered_on\n"
        "甲,award,2024-01-01,2024-02-01,样例1,2024-03-01\n"
        "甲,award,2024-01-01,2024-02-01,样例2,2024-01-31\n"
    )
    done = read_rows(content, "records", baseline=True)
    assert done.items[0].values["entered_on"] == date(2024, 3, 1)
    assert faults(done) == [(3, "entered_on", "CONTRADICTION")]
    done = read_rows(content, "records")
    assert "entered_on" not in done.items[0].values
    assert faults(done) == []


def test_a_mapping_that_names_unknown_fields_is_refused_whole() -> None:
    header = pb.ImportHeader(
        family="bureaus",
        columns={"nmae": "x"},
        constants={"colour": "y"},
        values={"kind:z": "w"},
        file_missing=True,
    )
    with pytest.raises(InvalidInput) as caught:
        mapping.check_header(header)
    assert {fault.field for fault in caught.value.faults} == {
        "header.columns.nmae",
        "header.constants.colour",
        "header.values.kind",
        "header.file_missing",
        "header.bureau",
    }


def test_rows_come_back_as_they_stood_in_the_file() -> None:
    done = read_rows(b"code,name\n330101,a\n330102, b \n")
    assert [(row.number, row.cells) for row in done.rejected({1, 3})] == [(3, ["330102", " b "])]


@pytest.mark.parametrize("file", sample.files(TODAY), ids=lambda file: file.family)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_bundled_register_reads_without_a_fault(file: sample.SampleFile, encoding: str) -> None:
    content = file.content.decode("utf-8-sig").encode(encoding)
    done = read_rows(content, file.family, baseline=True)
    assert done.encoding == encoding
    assert done.notes.notes == []
    assert len(done.items) == done.rows > 0


@example(b"'", FamilyName.PENALTIES)  # what seems to be a footer is no row either
@given(st.binary(max_size=400), st.sampled_from(FamilyName))
def test_no_bytes_at_all_make_it_crash(content: bytes, family: FamilyName) -> None:
    header = ",".join(field.header for field in FAMILIES[family].fields.values())
    for data in (content, header.encode() + b"\n" + content):
        done = read_rows(data, family)
        assert len(done.items) + len(done.notes.bad_rows) >= 1
        assert all(note.row >= 1 for note in done.notes.notes)


def test_the_headings_of_other_ledgers_are_known() -> None:
    done = read_rows(
        "使用单位,器具类型,出厂编号,规格型号,检定结论,检定时间,检定有效期至,检定单位,检定证书编号\n"
        "甲,FUEL,S1,T-1,检定合格,2026-09-01,2027-02-28,样例院,C1\n",
        "verifications",
    )
    assert done.notes.notes == []
    assert done.items[0].values == {
        "owner": "甲",
        "type_code": "FUEL",
        "serial_no": "S1",
        "model": "T-1",
        "result": VerificationResult.PASS,
        "verified_on": date(2026, 9, 1),
        "valid_until": date(2027, 2, 28),
        "institution": "样例院",
        "certificate_no": "C1",
    }


def test_our_own_heading_goes_before_one_of_another_ledger() -> None:
    done = read_rows("使用单位,器具类型,型号,型号规格,出厂编号\n甲,W,旁,正,1\n", "instruments")
    assert done.items[0].values["model"] == "正"
    assert [(n.column, n.reason) for n in done.notes.notes] == [("型号", "UNKNOWN_COLUMN")]


def test_subjects_are_read_from_a_file_of_the_national_publication_of_penalties() -> None:
    code = "行政相对人代码_1(统一社会信用代码)"
    content = (
        f"\ufeff行政相对人名称,行政相对人类别,{code},行政处罚决定书文号,处罚类别,处罚决定日期\n"
        "样例·加油站HZ-01,法人及非法人组织,91330102MA0HB0001D,样市监处罚〔2026〕11号,罚款,2026/08/10\n"
        "样例·农贸市场HZ-02,法人及非法人组织,N2330106MA0HC0002H,样市监处罚〔2026〕12号,罚款,2026/08/11\n"
        "样例·超市HZ-03,个体工商户,91330110MA0HD0003M,样市监处罚〔2026〕13号,罚款,2026/08/12\n"
    )
    columns = {"name": "行政相对人名称", "kind": "行政相对人类别", "credit_code": code}
    constants = {"sector": "其他", "bureau": "330102"}
    done = read_rows(content, "subjects", columns=columns, constants=constants)
    assert faults(done) == []
    assert [item.values["kind"] for item in done.items] == [
        SubjectKind.ORGANISATION,
        SubjectKind.ORGANISATION,
        SubjectKind.INDIVIDUAL_BUSINESS,
    ]


def test_a_contradiction_repeats_the_cell_as_it_is_written() -> None:
    row = "甲,FUEL,1,合格,2026年5月1日,长期,院,\n"
    [note] = read_rows(VERIFICATIONS + row, "verifications").notes.in_order()
    assert (note.reason, note.column, note.value) == ("CONTRADICTION", "有效期至", "长期")
