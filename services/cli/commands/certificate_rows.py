"""The rows of the table of commands that concern the files of certificates."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

_COMMANDS = "services.cli.commands"

CERTIFICATE_COMMANDS = (
    Command("certificate upload", f"{_COMMANDS}.certificates:certificate_upload",
            "上传一次检定的证书文件。", "Sends the file of a verification's certificate."),
    Command("certificate upload-several",
            f"{_COMMANDS}.certificate_batch:certificate_upload_several",
            "检定机构上传几份证书文件，按文件名中的证书编号对应。",
            "Sends the certificate files of an institution; each finds its result by its name."),
    Command("certificate save", f"{_COMMANDS}.certificates:certificate_save",
            "把证书文件存到本机。", "Saves the file of a certificate on this machine."),
    Command("certificate archive", f"{_COMMANDS}.certificate_archive:certificate_archive",
            "把现行的证书文件写成一个 ZIP。",
            "Writes the certificates in force to one ZIP, with a list of them."),
)  # fmt: skip

CERTIFICATE_ROWS = (
    Row("certificate list", "certificates.ListCertificates", "列出现行的证书文件，新的在前。",
        "Lists the certificates in force, newest first."),
    Row("certificate show", "certificates.GetCertificates", "显示一次检定的全部证书文件。",
        "Shows every version of a verification's certificate.", args="verification_id"),
)  # fmt: skip
