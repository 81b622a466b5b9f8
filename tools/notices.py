"""Writes THIRD_PARTY_NOTICES.md: what a release contains beside our own code, and its licences.

The packages and versions come from an environment that holds only what a release needs, which is
named on the command line (`make sbom` makes it).
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "THIRD_PARTY_NOTICES.md"
OURS = "quanheng"
HEAD = """# Third-party notices 第三方声明

What a release contains beside our own code. `make sbom` makes this page from the lock. Each package
brings the text of its licence in its own `dist-info` directory. What lies in our own files:

| what | licence | its text |
|---|---|---|
| GOV.UK Frontend, htmx | MIT, 0BSD | `services/portal/static/vendor/NOTICE.md` |
| list of common passwords | BSD-3-Clause | `services/registry/identity/NOTICE.md` |
| DCC schemas | LGPL-3.0-only, W3C | `services/registry/calibrations/dcc/schemas/NOTICE.md` |

| package | version | licence as its metadata tells |
|---|---|---|
"""


def line(found: Distribution) -> str:
    """Returns the line of one package: name, version, licence."""
    return f"| {_name(found)} | {found.version} | {_licence(found)} |"


def _name(found: Distribution) -> str:
    return str(found.metadata["Name"]).lower().replace("_", "-")  # as the lock writes it


def _licence(found: Distribution) -> str:
    told = found.metadata
    if "License-Expression" in told:
        return told["License-Expression"]
    classified = [one for one in told.get_all("Classifier", []) if one.startswith("License ::")]
    names = [one.rpartition(" :: ")[2] for one in classified if one.count(" :: ") > 1]
    short = told["License"].strip().partition("\n")[0] if "License" in told else ""
    return ", ".join(names) or short or "not told"


def main() -> None:
    """Writes the file from the environment whose directory is the only argument."""
    (packages,) = Path(sys.argv[1]).glob("lib/python*/site-packages")
    found = {_name(one): one for one in distributions(path=[str(packages)])}
    lines = [line(found[name]) for name in sorted(found) if name != OURS]
    FILE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
