"""Certificates of calibration (DCC): read without a network, validated, their signature checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.registry.calibrations.dcc.dcc_subprocess import read
from services.registry.calibrations.dcc.versions import PACKAGED, schema_of, versions
from tests.dcc import LABORATORY, Authority, dcc

TODAY = "2026-11-29T00:00:00+00:00"
REAL = Path(__file__).parents[5] / "shared" / "data" / "interfaces" / "dcc"
# What is packaged; 2.3.0 and 2.4.0 may not be given away and come from the administrator.
VERSIONS = ("3.0.0", "3.1.0", "3.1.1", "3.1.2", "3.2.0", "3.2.1", "3.3.0")


def told(
    content: bytes, *, anchors: Path | None = None, schemas: str = "", now: str = TODAY
) -> dict[str, Any]:
    """What reading a certificate on a day finds."""
    where = {"anchors": str(anchors or ""), "schemas": schemas, "now": now}
    return read(content, where)


def codes(found: dict[str, Any], *, hints: bool = False) -> list[tuple[str, str]]:
    """The faults of a certificate, or its hints: code and element."""
    return [(one["code"], one["field"]) for one in found["findings"] if one["hint"] is hints]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_keeps_the_packaged_schema_of_its_version(version: str) -> None:
    found = told(dcc(version=version, issued="2026-09-03" if version >= "3.2" else ""))
    assert (found["schema_version"], found["valid"], codes(found)) == (version, True, [])
    assert codes(found, hints=True) == [("SIGNATURE_UNSIGNED", "Signature")]


def test_what_a_certificate_says_is_proposed_field_by_field() -> None:
    found = told(dcc("SN-1", "SN-2", number="证字 1", owner_no="资产-7"))
    assert found["certificate"] == {
        "certificate_no": "证字 1",
        "replaces": "",
        "laboratory": LABORATORY,
        "laboratory_code": "",
        "customer": "测试单位",
        "begun_on": "2026-09-01",
        "calibrated_on": "2026-09-02",
        "issued_on": "2026-09-03",
        "recalibrate_on": "",
        "conformity": "",
    }
    assert [one["serial_nos"] for one in found["items"]] == [["SN-1"], ["SN-2"]]
    assert found["items"][0] == {
        "name": "器具 SN-1",
        "manufacturer": "合成仪表厂",
        "model": "M-1",
        "serial_nos": ["SN-1"],
        "owner_nos": ["资产-7"],
    }
    assert found["conditions"] == [{"name": "环境温度", "value": "20.1", "unit": "\\degreecelsius"}]


def test_a_broken_schema_is_told_with_line_and_element_in_both_languages() -> None:
    content = dcc().replace(b"<dcc:model>M-1</dcc:model>", b"<dcc:colour>red</dcc:colour>")
    found = told(content)
    [fault] = [one for one in found["findings"] if not one["hint"]]
    assert (found["valid"], fault["code"], fault["field"]) == (False, "SCHEMA", "colour")
    assert b"colour" in content.splitlines()[fault["line"] - 1]
    assert "“colour”" in fault["message_zh"]
    assert "not expected" in fault["message_en"]


def test_a_version_without_a_schema_is_named_and_the_administrators_folder_is_read(
    tmp_path: Path,
) -> None:
    content = dcc(version="2.9.0", issued="")
    assert codes(told(content)) == [("UNKNOWN_VERSION", "schemaVersion")]
    (tmp_path / "v2.9.0").mkdir()
    for name in ("dsi", "qudt"):
        (tmp_path / name).symlink_to(PACKAGED / name)
    schema = (PACKAGED / "v3.1.2" / "dcc.xsd").read_text(encoding="utf-8")
    (tmp_path / "v2.9.0" / "dcc.xsd").write_text(schema.replace("3\\.1\\.2", "2\\.9\\.0"))
    assert codes(told(content, schemas=str(tmp_path))) == []
    (tmp_path / "v2.9.0" / "dcc.xsd").write_text("<broken")
    found = told(content, schemas=str(tmp_path))
    assert ("SCHEMA_UNREADABLE", "schemaVersion") in codes(found, hints=True)


@pytest.mark.parametrize("version", ["", "3.3", "../../etc", "3.3.0/../v3.3.0", "99.0.0"])
def test_a_version_names_no_path(version: str) -> None:
    assert schema_of(version, "") is None


def test_the_versions_are_those_that_are_packaged_and_those_that_somebody_added(
    tmp_path: Path,
) -> None:
    packaged = versions("")
    assert (packaged[0], packaged[-1]) == ("3.0.0", "3.3.0")
    for name in ("v2.4.0", "v10.1.0", "v2.4.0-old", "v3.0.0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dcc.xsd").write_text("")
    (tmp_path / "v2.3.0").mkdir()  # without a schema
    assert versions(str(tmp_path)) == ["2.4.0", *packaged, "10.1.0"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<dcc:x", "SYNTAX"),
        (dcc().replace(b"</dcc:items>", b""), "SYNTAX"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + dcc().split(b"?>", 1)[1], "DOCUMENT_TYPE"),
        (b"<other xmlns='https://ptb.de/dcc'/>", "NOT_A_DCC"),
    ],
)
def test_what_is_not_read_says_why(content: bytes, code: str) -> None:
    refused = told(content)["refused"]
    assert refused["code"] == code
    assert refused["message_zh"]
    assert refused["message_en"]


def test_no_entity_is_expanded_and_no_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'.encode()
    content = entity + dcc("&x;".replace("&", "")).split(b"?>", 1)[1].replace(b"x;", b"&x;", 1)
    assert told(content)["refused"]["code"] == "DOCUMENT_TYPE"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (dcc(begun="2026-09-03", ended="2026-09-02", issued=""), "endPerformanceDate"),
        (dcc(issued="2026-09-01"), "issueDate"),
        (dcc(units="\\metre \\metre"), "unitXMLList"),
        (dcc().replace(b"1 2 3", b"1  2 3"), "valueXMLList"),
        (dcc().replace(b'lang="en">R', b'lang="de">R'), "content"),
        (dcc().replace(b"<dcc:item>", b'<dcc:item refId="nothing">'), "item"),
        (dcc().replace(b">en</dcc:used", b">zh</dcc:used"), "usedLangCodeISO639_1"),
        (
            dcc().replace(b"<dcc:usedMethods>", b"<!--").replace(b"</dcc:usedMethods>", b"-->"),
            "usedMethods",
        ),
    ],
)
def test_rules_that_no_schema_states_are_told(content: bytes, field: str) -> None:
    assert ("RULE", field) in codes(told(content))


class TestSignatures:
    """Who signed, whether it was to be believed then and is now, and what was changed since."""

    def test_a_signer_of_a_trusted_authority_is_believed_then_and_now(self, tmp_path: Path) -> None:
        authority, anchors = Authority(), tmp_path / "anchors.pem"
        anchors.write_bytes(authority.pem)
        found = told(authority.sign(dcc()), anchors=anchors)
        signature = found["signature"]
        assert (signature["state"], signature["then"], signature["now"]) == (
            "trusted",
            "yes",
            "yes",
        )
        assert signature["signer"] == "CN=合成签名人"
        assert signature["signed_at"].startswith("2026-09-03")
        assert (found["valid"], codes(found)) == (True, [])
        assert codes(found, hints=True) == [("REVOCATION_UNCHECKED", "Signature")]

    def test_one_that_is_over_by_now_was_valid_when_it_signed(self, tmp_path: Path) -> None:
        authority, anchors = Authority(), tmp_path / "anchors.pem"
        anchors.write_bytes(authority.pem)
        found = told(authority.sign(dcc()), anchors=anchors, now="2027-06-01T00:00:00+00:00")
        signature = found["signature"]
        assert (signature["state"], signature["then"], signature["now"]) == ("trusted", "yes", "no")
        assert ("SIGNER_NOT_VALID_NOW", "Signature") in codes(found, hints=True)

    def test_one_that_was_not_valid_when_it_signed_is_a_fault(self, tmp_path: Path) -> None:
        authority, anchors = Authority(), tmp_path / "anchors.pem"
        anchors.write_bytes(authority.pem)
        later = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
        found = told(authority.sign(dcc(), begins=later), anchors=anchors)
        assert (found["signature"]["then"], found["signature"]["now"]) == ("no", "yes")
        assert codes(found) == [("SIGNER_NOT_VALID_THEN", "Signature")]

    def test_another_authority_is_not_trusted_and_without_anchors_nobody_is_checked(
        self, tmp_path: Path
    ) -> None:
        anchors = tmp_path / "anchors.pem"
        anchors.write_bytes(Authority("另一机构").pem)
        signed = Authority().sign(dcc())
        assert told(signed, anchors=anchors)["signature"]["state"] == "untrusted"
        alone = told(signed)
        assert alone["signature"]["state"] == "intact"
        assert ("SIGNATURE_INTACT", "Signature") in codes(alone, hints=True)

    def test_a_file_changed_since_or_that_only_holds_a_signed_one_is_not_signed(self) -> None:
        signed = Authority().sign(dcc(number="A-1"))
        changed = told(signed.replace(b"A-1", b"A-2"))
        assert (changed["signature"]["state"], codes(changed)[-1][0]) == (
            "broken",
            "SIGNATURE_BROKEN",
        )
        inner = signed.split(b"?>", 1)[1]
        end = b"</dcc:digitalCalibrationCertificate>"
        outer = dcc(number="B-1").replace(end, b"<dcc:comment>" + inner + b"</dcc:comment>" + end)
        assert told(outer)["signature"]["state"] == "unreadable"

    @pytest.mark.parametrize(
        ("known", "other"),
        [
            (b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#sm2-sm3"),
            (b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#ecdsa-sha1"),
            (b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#hmac-sha256"),
            (b"xmlenc#sha256", b"xmldsig-more#sm3"),
            (b"xmldsig#enveloped-signature", b"xmldsig-filter2"),
        ],
    )
    def test_a_signature_of_an_unknown_algorithm_does_not_say_that_the_file_was_changed(
        self, known: bytes, other: bytes
    ) -> None:
        signed = Authority().sign(dcc())
        assert known in signed
        found = told(signed.replace(known, other))
        assert found["signature"]["state"] == "unreadable"
        assert codes(found)[-1] == ("SIGNATURE_UNREADABLE", "Signature")


@pytest.mark.parametrize(
    ("name", "state", "faults"),
    [
        ("dcclib__valid.xml", "unsigned", set()),
        ("dcclib__valid_signature.xml", "trusted", set()),
        ("dcclib__invalid_signature.xml", "broken", {"SIGNATURE_BROKEN"}),
        ("dcclib__invalid_schema.xml", "unsigned", {"SCHEMA"}),
        ("dcclib__invalid_schematron.xml", "unsigned", {"RULE"}),
        ("ptbex__example.xml", "unsigned", {"UNKNOWN_VERSION"}),
    ],
)
def test_certificates_that_others_made(name: str, state: str, faults: set[str]) -> None:
    found = told(_real(name), anchors=REAL / "dcclib__ca.pem")
    assert found["signature"]["state"] == state
    assert {code for code, _ in codes(found)} == faults


def test_others_broken_syntax_and_an_old_version_with_its_schema() -> None:
    assert told(_real("dcclib__invalid_syntax.xml"))["refused"]["line"] == 7
    found = told(_real("ptbex__example.xml"), schemas=str(REAL / "xsd"))
    assert (found["valid"], len(found["items"])) == (True, 2)
    assert found["items"][0]["serial_nos"] == ["1040917"]


def _real(name: str) -> bytes:
    file = REAL / name
    if not file.exists():
        pytest.skip(f"the certificates that others made are not beside the checkout: {name}")
    return file.read_bytes()
