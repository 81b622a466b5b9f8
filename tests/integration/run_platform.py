"""Runs a platform with a stand-in until killed: `run_platform.py <data directory>`.

Prints the ids of its processes once they are ready.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from services.cli.supervisor import Platform
from tests.integration.platforms import stand_ins


async def main(data_dir: Path) -> None:
    async with Platform(data_dir, sandbox=True, usual_ports=False, services=stand_ins) as platform:
        await platform.wait_ready(within=60)
        print(*(part.pid for part in platform.processes.values()), flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
