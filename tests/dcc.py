"""Makes small synthetic certificates of calibration (DCC), signed ones too."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

LABORATORY = "合成计量校准实验室"
BEGINS, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
_TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" xmlns:si="https://ptb.de/si"
  schemaVersion="{version}">
  <dcc:administrativeData>
    <dcc:dccSoftware><dcc:software><dcc:name><dcc:content>test</dcc:content></dcc:name>
      <dcc:release>v1.0</dcc:release></dcc:software></dcc:dccSoftware>
    <dcc:coreData>
      <dcc:countryCodeISO3166_1>CN</dcc:countryCodeISO3166_1>
      <dcc:usedLangCodeISO639_1>zh</dcc:usedLangCodeISO639_1>
      <dcc:usedLangCodeISO639_1>en</dcc:usedLangCodeISO639_1>
      <dcc:mandatoryLangCodeISO639_1>zh</dcc:mandatoryLangCodeISO639_1>
      <dcc:uniqueIdentifier>{number}</dcc:uniqueIdentifier>
      <dcc:beginPerformanceDate>{begun}</dcc:beginPerformanceDate>
      <dcc:endPerformanceDate>{ended}</dcc:endPerformanceDate>
      <dcc:performanceLocation>laboratory</dcc:performanceLocation>{issued}
    </dcc:coreData>
    <dcc:items>{items}</dcc:items>
    <dcc:calibrationLaboratory><dcc:contact><dcc:name><dcc:content>{laboratory}</dcc:content>
      </dcc:name><dcc:eMail>lab@example.test</dcc:eMail><dcc:location><dcc:countryCode>CN</dcc:countryCode></dcc:location></dcc:contact>
    </dcc:calibrationLaboratory>
    <dcc:respPersons><dcc:respPerson><dcc:person><dcc:name><dcc:content>测试人</dcc:content>
      </dcc:name></dcc:person></dcc:respPerson></dcc:respPersons>
    <dcc:customer><dcc:name><dcc:content>测试单位</dcc:content></dcc:name>
      <dcc:eMail>firm@example.test</dcc:eMail><dcc:location><dcc:countryCode>CN</dcc:countryCode></dcc:location></dcc:customer>
  </dcc:administrativeData>
  <dcc:measurementResults><dcc:measurementResult>
    <dcc:name><dcc:content lang="zh">结果</dcc:content><dcc:content lang="en">R</dcc:content>
    </dcc:name>
    <dcc:usedMethods><dcc:usedMethod><dcc:name><dcc:content>m</dcc:content></dcc:name>
    </dcc:usedMethod></dcc:usedMethods>
    <dcc:influenceConditions><dcc:influenceCondition>
      <dcc:name><dcc:content lang="zh">环境温度</dcc:content><dcc:content lang="en">T</dcc:content>
      </dcc:name>
      <dcc:data><dcc:quantity><si:real><si:value>20.1</si:value>
        <si:unit>\\degreecelsius</si:unit></si:real></dcc:quantity></dcc:data>
    </dcc:influenceCondition></dcc:influenceConditions>
    <dcc:results><dcc:result><dcc:name><dcc:content>r</dcc:content></dcc:name>
      <dcc:data><dcc:quantity>{values}</dcc:quantity></dcc:data>
    </dcc:result></dcc:results>
  </dcc:measurementResult></dcc:measurementResults>
</dcc:digitalCalibrationCertificate>
"""
_VALUES = """<si:realListXMLList><si:valueXMLList>1 2 3</si:valueXMLList>
  <si:unitXMLList>{units}</si:unitXMLList></si:realListXMLList>"""
_VALUE = "<si:real><si:value>1</si:value><si:unit>{units}</si:unit></si:real>"
_ITEM = """<dcc:item><dcc:name><dcc:content>{name}</dcc:content></dcc:name>
  <dcc:manufacturer><dcc:name><dcc:content>合成仪表厂</dcc:content></dcc:name></dcc:manufacturer>
  <dcc:model>M-1</dcc:model>
  <dcc:identifications>
    <dcc:identification><dcc:issuer>manufacturer</dcc:issuer><dcc:value>{serial_no}</dcc:value>
    </dcc:identification>
    <dcc:identification><dcc:issuer>customer</dcc:issuer><dcc:value>{owner_no}</dcc:value>
    </dcc:identification>
  </dcc:identifications></dcc:item>"""


def dcc(
    *serial_nos: str,
    number: str = "SYN-2026-1",
    version: str = "3.3.0",
    begun: str = "2026-09-01",
    ended: str = "2026-09-02",
    issued: str = "2026-09-03",
    laboratory: str = LABORATORY,
    units: str = "\\metre",
    owner_no: str = "",
) -> bytes:
    """A certificate with one item for each serial number, without a signature.

    The owner's number of an item is `owner_no`, or follows from its serial number.
    """
    items = [
        _ITEM.format(
            name=f"器具 {serial_no}",
            serial_no=escape(serial_no),
            owner_no=owner_no or escape(f"OWN-{serial_no}"),
        )
        for serial_no in serial_nos or ("SYN-1",)
    ]
    written = f"<dcc:issueDate>{issued}</dcc:issueDate>" if issued else ""
    return _TEMPLATE.format(
        version=version,
        number=escape(number),
        begun=begun,
        ended=ended,
        issued=written,
        laboratory=escape(laboratory),
        # The first of them knows no such lists.
        values=(_VALUE if version == "3.0.0" else _VALUES).format(units=units),
        items="".join(items),
    ).encode()


class Authority:
    """An authority that vouches for signers, as a PEM to trust."""

    def __init__(self, name: str = "合成签发机构") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key.public_key(), BEGINS, ENDS.replace(year=2036))
        usage = _usage(signs_certificates=True)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(usage, True)
        builder = builder.add_extension(_own_key(self._key.public_key()), False)
        self._certificate = builder.sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        """The certificate of the authority."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, content: bytes, *, begins: datetime = BEGINS, ends: datetime = ENDS) -> bytes:
        """Returns a certificate of calibration signed by somebody that it vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "合成签名人")])
        builder = self._builder(name, key.public_key(), begins, ends)
        builder = builder.add_extension(_usage(signs_certificates=False), True)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName("a.test")]), False
        )
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(above, False)
        certificate = builder.sign(self._key, hashes.SHA256())
        signer = XMLSigner(
            signature_algorithm="ecdsa-sha256",
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        signed = signer.sign(etree.fromstring(content), key=key, cert=[certificate])
        return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )


def _own_key(key: ec.EllipticCurvePublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
