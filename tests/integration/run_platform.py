"""Does what `quanheng up --sandbox` does, with a stand-in for the services.

`run_platform.py <data directory>`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rich.console import Console

from services.cli.machine.supervisor import Platform
from services.cli.machine.up import Screen, run
from tests.integration.platforms import stand_ins


def main(data_dir: Path) -> None:
    screen = Screen(Console(width=200), quiet=False)
    platform = Platform(
        data_dir, sandbox=True, usual_ports=False, services=stand_ins, observer=screen
    )
    asyncio.run(run(platform, screen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
