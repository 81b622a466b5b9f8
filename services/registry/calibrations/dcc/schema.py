"""Validates a certificate against the schema of the version that it names."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from lxml import etree

from services.registry.calibrations.dcc.elements import ROOT, SIGNATURE, Element
from services.registry.calibrations.dcc.findings import MOST, Finding, short
from services.registry.calibrations.dcc.versions import schema_of

_SIGNED_SINCE = (3, 2, 0)  # earlier schemas have no place for a signature
_NAMESPACE = re.compile(r"\{[^}]*\}")
_QUOTED = re.compile(r"'([^']*)'")
_FACET = re.compile(r"\[facet '[^']*'\]")
# The kinds of errors of libxml2 that a person can do something about, in Chinese.
_KINDS = {
    "SCHEMAV_ELEMENT_CONTENT": "元素“{0}”不应在此处，或者缺少应有的下级元素",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "元素“{0}”的值“{1}”不合其类型",
    "SCHEMAV_CVC_ENUMERATION_VALID": "元素“{0}”的值“{1}”不在可选之列",
    "SCHEMAV_CVC_PATTERN_VALID": "元素“{0}”的值“{1}”格式不符",
    "SCHEMAV_CVC_MINLENGTH_VALID": "元素“{0}”的值过短",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "元素“{0}”缺少必需的属性“{1}”",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "元素“{0}”不应有属性“{1}”",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "元素“{0}”里不应有文字",
    "SCHEMAV_CVC_IDC": "元素“{0}”的标识重复，或者所引用的标识不存在",
}


def parser() -> etree.XMLParser:
    """Returns a parser that expands no entity, loads no document type and opens no connection."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def validate(root: Element, folder: str) -> Iterator[Finding]:
    """Yields what breaks the schema, with its line; one finding if there is no such schema."""
    version = short(root.get("schemaVersion"))
    file = schema_of(version, folder)
    if file is None:
        yield _unknown(version)
        return
    try:
        schema = etree.XMLSchema(etree.parse(str(file), parser()))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError):
        zh = f"平台上 {version} 版的模式文件不能读取，没有按它核对，请联系平台管理员"
        en = f"the schema {version} of the platform cannot be read; ask the administrator"
        yield Finding("SCHEMA_UNREADABLE", zh, en, "schemaVersion", hint=True)
        return
    if not schema.validate(_as_its_schema_knows(root, version)):
        for error in list(schema.error_log)[:MOST]:
            yield _invalid(error)


def _unknown(version: str) -> Finding:
    if not version:
        zh, en = "没有写明 DCC 版本（schemaVersion）", "it does not name its version"
        return Finding("NO_VERSION", zh, en, "schemaVersion", 1)
    zh = f"平台没有 DCC {version} 版的模式文件，没有核对；管理员可以从 PTB 取得后放入设置的目录"
    en = f"the platform has no schema of version {version}; the administrator may add PTB's"
    return Finding("UNKNOWN_VERSION", zh, en, "schemaVersion", 1)


def _as_its_schema_knows(root: Element, version: str) -> Element:
    if tuple(map(int, version.split("."))) >= _SIGNED_SINCE:
        return root
    unsigned = copy.deepcopy(root)
    for signature in unsigned.findall(SIGNATURE):
        unsigned.remove(signature)
    return unsigned


def _invalid(error: etree._LogEntry) -> Finding:
    message = short(_NAMESPACE.sub("", error.message))
    quoted = [*_QUOTED.findall(_FACET.sub("", message)), "", ""]
    zh = _KINDS.get(error.type_name, "元素“{0}”不合模式").format(*quoted)
    return Finding("SCHEMA", f"{zh}（{message}）", message, quoted[0], error.line)


def refuse_types(tree: etree._ElementTree) -> Finding | None:
    """Returns why a document is read no further: it has a document type, or another root."""
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        zh, en = (
            "文件带有文档类型声明（DOCTYPE），不予读取",
            "it has a document type, which is refused",
        )
        return Finding("DOCUMENT_TYPE", zh, en)
    if tree.getroot().tag != ROOT:
        zh, en = "文件不是数字校准证书（DCC）", "it is no Digital Calibration Certificate"
        return Finding("NOT_A_DCC", zh, en)
    return None
