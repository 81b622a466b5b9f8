"""Does what `quanheng up --sandbox` does, with a stand-in for the services.

`run_platform.py <data directory>`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from services.cli.machine.platform import Platform
from services.cli.machine.up import Screen, run
from services.cli.output.console import PlainConsole
from tests.integration.platforms import stand_ins


def main(data_dir: Path) -> None:
    screen = Screen(PlainConsole(width=200), quiet=False)
    platform = Platform(
        data_dir, sandbox=True, usual_ports=False, services=stand_ins, observer=screen
    )
    asyncio.run(run(platform, screen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
