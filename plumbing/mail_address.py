"""What a mail address is: one address as people write it, checked without asking the network."""

from __future__ import annotations

REASON_ZH = "须为一个电子邮箱地址，例如 jlgl@example.com；不带姓名、尖括号和空格"
REASON_EN = "must be one mail address such as jlgl@example.com, without name, brackets or blanks"


def is_mail_address(text: str) -> bool:
    """Returns whether a text is one mail address in ASCII with a full domain.

    Whether the domain exists, or receives mail, is not asked.
    """
    import email_validator  # noqa: PLC0415 - slow to load, and few processes read addresses

    try:
        email_validator.validate_email(text, allow_smtputf8=False, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return text.isascii()
