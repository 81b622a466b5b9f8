"""TLS to PostgreSQL by the names that its own clients use: sslmode, sslrootcert, sslcert, sslkey.

The driver knows these names only in a form that SQLAlchemy does not pass on.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from plumbing.renewed_tls import RenewedContext

VERIFIED = ("verify-ca", "verify-full")
NAMES = ("sslmode", "sslrootcert", "sslcert", "sslkey")


def with_tls(url: sa.URL) -> tuple[sa.URL, dict[str, Any]]:
    """Returns a database URL without its TLS options, and the arguments for the driver.

    `sslmode=verify-full` checks the server's certificate and its host, `verify-ca` the certificate,
    `require` encrypts only. Without `sslmode` there are no arguments. Files that are replaced count
    from the next connection on. Raises OSError if one cannot be read now.
    """
    options = {name: str(url.query.get(name, "")) for name in NAMES}
    plain = url.difference_update_query(NAMES)
    mode = options["sslmode"]
    if mode not in (*VERIFIED, "require"):
        return plain, {}
    files = (Path(options[name]) for name in NAMES[1:] if options[name])
    return plain, {"ssl": RenewedContext.of(partial(_context, options), *files)}


def _context(options: Mapping[str, str]) -> ssl.SSLContext:
    mode = options["sslmode"]
    context = ssl.create_default_context(cafile=options["sslrootcert"] or None)
    context.check_hostname = mode == "verify-full"
    if mode not in VERIFIED:
        context.verify_mode = ssl.CERT_NONE
    if options["sslcert"]:
        context.load_cert_chain(options["sslcert"], options["sslkey"] or None)
    return context
