"""What single settings must be; a fault is told as the process starts, in both languages.

Each check returns the value or raises ValueError.
"""

from __future__ import annotations

from email.utils import parseaddr

from plumbing.addresses import GRPC, names_in
from plumbing.clock import SystemClock, local_date
from plumbing.mail_address import REASON_EN, REASON_ZH, is_mail_address

# The connections that `plaintext` may name.
LINKS = frozenset({GRPC, "nats", "postgresql", "temporal", "smtp", "oidc", "portal", "webhook"})


def known_links(text: str) -> str:
    """Checks the names of connections, with commas between."""
    if unknown := names_in(text) - LINKS:
        raise ValueError(f"{', '.join(sorted(unknown))}: not one of {', '.join(sorted(LINKS))}")
    return text


def servers_of_one_kind(text: str) -> str:
    """Checks addresses of NATS servers: all are encrypted, or none."""
    schemes = {url.strip().partition("://")[0] for url in text.split(",")}
    if not schemes <= {"nats"} and not schemes <= {"tls"}:
        zh = "地址须全部以 nats:// 开头，或者全部以 tls:// 开头"
        raise ValueError(f"{zh} | the addresses must all begin with nats://, or all with tls://")
    return text


def known_ports(text: str) -> str:
    """Checks numbers of ports, with commas between."""
    for name in names_in(text):
        if not name.isdecimal() or not 0 < int(name) < 1 << 16:
            raise ValueError(f"{name}：不是端口号 | is no port")
    return text


def mail_address(text: str) -> str:
    """Checks a mail address; it may be empty."""
    if text and not is_mail_address(text):
        raise ValueError(f"{REASON_ZH} | {REASON_EN}")
    return text


def kept_long_enough(days: int) -> int:
    """Checks for how many days the access log is kept: no fewer than the law says."""
    # Slow to load, and only needed where somebody sets another number of days.
    from law.disclosure.retention import log_kept  # noqa: PLC0415
    from law.reader.texts import spell_out  # noqa: PLC0415

    least = log_kept(local_date(SystemClock().now()))
    if days < least.days:
        zh = f"访问日志至少留存 {least.months} 个月，{least.days} 日：{spell_out(least.cite, 'zh')}"
        en = f"the access log is kept for at least {least.months} months ({least.days} days)"
        raise ValueError(f"{zh} | {en}: {spell_out(least.cite, 'en')}")
    return days


def sender(text: str) -> str:
    """Checks a sender, which unlike a recipient may have a name, and be of this machine."""
    _, address = parseaddr(text)
    if not address.endswith("@localhost"):
        mail_address(address or text)
    return text
