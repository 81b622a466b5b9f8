"""Does what `quanheng up --sandbox` does, with a mail server of the campaign's.

`run_platform.py <data directory> <URL of the mail server>`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from plumbing.settings import Settings
from services.cli.machine.engines import service_specs
from services.cli.machine.platform import Platform
from services.cli.machine.supervisor import ProcessSpec
from services.cli.machine.up import Screen, run
from services.cli.output.console import PlainConsole

LOOK_SECONDS = 20.0  # instead of three minutes, so that a campaign need not wait for lost workflows


def main(data_dir: Path, smtp_url: str) -> None:
    def services(settings: Settings) -> list[ProcessSpec]:
        ours = {"smtp_url": smtp_url, "workflow_look_seconds": LOOK_SECONDS}
        return service_specs(settings.model_copy(update=ours))

    screen = Screen(PlainConsole(width=200), quiet=True)
    platform = Platform(
        data_dir, sandbox=True, usual_ports=False, services=services, observer=screen
    )
    asyncio.run(run(platform, screen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
