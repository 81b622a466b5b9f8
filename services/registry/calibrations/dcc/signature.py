"""Checks the signature of a certificate: that nothing was changed since, and who signed.

Whom to believe the administrator says, in a file of certificates. Whether a signer's certificate
was revoked is not checked: that would ask a network.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from services.registry.calibrations.dcc.elements import NAMES, SIGNATURE, Element, day_at
from services.registry.calibrations.dcc.findings import Finding, short
from services.registry.calibrations.dcc.schema import parser

MOST_CERTIFICATES = 10
UNSIGNED, BROKEN, UNREADABLE = "unsigned", "broken", "unreadable"
INTACT, UNTRUSTED, TRUSTED = "intact", "untrusted", "trusted"
YES, NO, UNKNOWN = "yes", "no", "unknown"
_ISSUED = "dcc:administrativeData/dcc:coreData/dcc:issueDate"
_FAILURES = (
    *(SignXMLException, ValueError, TypeError, KeyError, etree.LxmlError, UnsupportedAlgorithm),
)
_CHECKED = SignatureConfiguration()  # SHA-1 is not among its algorithms
_CANONICAL = {one.value for one in CanonicalizationMethod}
# What a signature may be made with, so that one that does not fit tells of a changed file.
_ALGORITHMS = {
    "ds:CanonicalizationMethod": _CANONICAL,
    "ds:SignatureMethod": {
        one.value for one in _CHECKED.signature_methods if not one.name.startswith("HMAC")
    },
    "ds:Reference/ds:DigestMethod": {one.value for one in _CHECKED.digest_algorithms},
    "ds:Reference/ds:Transforms/ds:Transform": {
        *_CANONICAL,
        SignatureConstructionMethod.enveloped.value,
    },
}


@dataclass(frozen=True)
class Signature:
    """What is known of a signature.

    `state` is unsigned, broken (it does not fit the file), unreadable (of a kind that is not
    checked), intact (it fits, and no anchors are set), untrusted or trusted. `then` and `now` tell
    whether the signer was to be believed when it signed, as the file says, and is today: yes, no
    or unknown.
    """

    state: str
    signer: str = ""
    valid_from: str = ""
    valid_until: str = ""
    signed_at: str = ""
    then: str = UNKNOWN
    now: str = UNKNOWN


def check(content: bytes, root: Element, anchors: str, now: datetime) -> Signature:
    """Checks the signature of a certificate on a day; `anchors` is a PEM file, or empty."""
    signatures = [*root.iter(SIGNATURE)]
    if not signatures:
        return Signature(UNSIGNED)
    if len(signatures) > 1 or signatures[0].getparent() is not root:
        return Signature(UNREADABLE)
    certificates = _certificates(signatures[0])
    if not certificates or not _is_of_known_algorithms(signatures[0]):
        return Signature(UNREADABLE)
    signer = next((one for one in certificates if _fits(content, root, one)), None)
    if signer is None:
        return Signature(BROKEN)
    signed_at = _signed_at(root)
    found = Signature(
        INTACT,
        signer=short(signer.subject.rfc4514_string()),
        valid_from=signer.not_valid_before_utc.isoformat(),
        valid_until=signer.not_valid_after_utc.isoformat(),
        signed_at=signed_at.isoformat() if signed_at else "",
    )
    if not anchors:
        return found
    then = _believed(content, anchors, signed_at) if signed_at else UNKNOWN
    today = _believed(content, anchors, now)
    state = TRUSTED if YES in (then, today) else UNTRUSTED
    return replace(found, state=state, then=then, now=today)


def _certificates(signature: Element) -> Sequence[x509.Certificate]:
    found = []
    for one in signature.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES):
        try:
            found.append(x509.load_der_x509_certificate(base64.b64decode(one.text or "")))
        except ValueError:
            continue
    return found[:MOST_CERTIFICATES]


def _is_of_known_algorithms(signature: Element) -> bool:
    """Whether all its algorithms are known here: one of others, such as SM2, says nothing."""
    return all(
        one.get("Algorithm") in known
        for path, known in _ALGORITHMS.items()
        for one in signature.findall(f"ds:SignedInfo/{path}", NAMES)
    )


def _fits(content: bytes, root: Element, signer: x509.Certificate) -> bool:
    """Whether this signer's key signed the whole file as it is, whoever the signer may be."""
    config = SignatureConfiguration(
        location="./", expect_references=True, verification_time=signer.not_valid_before_utc
    )
    try:
        verified = XMLVerifier().verify(
            content, x509_cert=signer, parser=parser(), expect_config=config
        )
    except _FAILURES:
        return False
    results = verified if isinstance(verified, list) else [verified]
    references = results[0].signature_xml.findall("ds:SignedInfo/ds:Reference", NAMES)
    # The whole file, not a signed certificate that an unsigned one holds somewhere.
    return any(
        reference.get("URI") == "" and one.signed_xml is not None and one.signed_xml.tag == root.tag
        for reference, one in zip(references, results, strict=True)
    )


def _believed(content: bytes, anchors: str, at: datetime) -> str:
    config = SignatureConfiguration(location="./", expect_references=True, verification_time=at)
    try:
        XMLVerifier().verify(content, ca_pem_file=anchors, parser=parser(), expect_config=config)
    except (*_FAILURES, OSError):
        return NO
    return YES


def _signed_at(root: Element) -> datetime | None:
    """When it was signed, as the signature says, else on the day of issue; nobody attests it."""
    for one in root.iter("{*}SigningTime"):
        try:
            stated = datetime.fromisoformat((one.text or "").strip())
        except ValueError:
            continue
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    issued = day_at(root, _ISSUED)
    return datetime.combine(issued, time(12), UTC) if issued else None


def findings_of(signature: Signature) -> list[Finding]:
    """Returns what a person has to know of a signature."""
    told = _TOLD.get(signature.state)
    found = [Finding(f"SIGNATURE_{signature.state.upper()}", *told, "Signature")] if told else []
    if signature.state in (UNTRUSTED, TRUSTED):
        found += [one for which, one in _AT.items() if which in _times(signature)]
    if signature.state in (INTACT, UNTRUSTED, TRUSTED):
        zh, en = (
            "签名人的证书是否已被吊销，没有核对",
            "whether its signer was revoked was not checked",
        )
        found.append(Finding("REVOCATION_UNCHECKED", zh, en, "Signature", hint=True))
    return [replace(one, hint=one.code not in _FAULTS) for one in found]


def _times(signature: Signature) -> set[tuple[str, str]]:
    return {("then", signature.then), ("now", signature.now)}


_FAULTS = frozenset(
    {"SIGNATURE_BROKEN", "SIGNATURE_UNREADABLE", "SIGNATURE_UNTRUSTED", "SIGNER_NOT_VALID_THEN"}
)
_TOLD = {
    UNSIGNED: ("证书没有电子签名", "it is not signed"),
    BROKEN: ("签名与文件不符：文件在签名以后被改动过", "the file was changed after it was signed"),
    UNREADABLE: (
        "这种签名平台不能核对（多个签名、位置不对、没有签名人的证书，或者用了不支持的算法）",
        "a signature of this kind is not checked: several, misplaced, no certificate, or algorithm",
    ),
    INTACT: (
        "签名完好；管理员没有设置信任的签发机构，签名人是谁没有核对",
        "the signature fits; no anchors are set, so who signed was not checked",
    ),
    UNTRUSTED: (
        "签名完好，但签名人不在信任之列",
        "the signature fits, but its signer is not trusted",
    ),
}
_AT = {
    ("then", UNKNOWN): Finding(
        "SIGNING_TIME_UNKNOWN",
        "文件没有写明签名时间，签名人当时是否有效没有核对",
        "it does not say when it was signed, so the signer's validity then was not checked",
        "Signature",
    ),
    ("then", NO): Finding(
        "SIGNER_NOT_VALID_THEN",
        "按文件所写的签名时间，签名人的证书当时无效",
        "at the time of signing that the file states, the signer was not valid",
        "Signature",
    ),
    ("now", NO): Finding(
        "SIGNER_NOT_VALID_NOW",
        "签名人的证书今天已经无效",
        "the signer's certificate is not valid today",
        "Signature",
    ),
}
