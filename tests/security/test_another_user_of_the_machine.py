"""The attacker has an account of their own on the machine, and reads what they can of the data."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from services.cli.machine.platform import Platform
from services.cli.machine.privacy import NotPrivate, tighten
from tests.integration.platforms import Notes

in_module_loop = pytest.mark.asyncio(loop_scope="module")
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can act as another user"
)


def readable_to_nobody(folder: Path) -> list[str]:
    """Every file under a folder that the user nobody can read."""
    words = [*AS_NOBODY, "find", str(folder), "-type", "f", "-readable"]
    found = subprocess.run(words, check=False, capture_output=True, text=True)
    return found.stdout.splitlines()


def paths_open_to_others(folder: Path) -> list[str]:
    return [
        f"{stat.filemode(found.st_mode)} {path.relative_to(folder)}"
        for path in (folder, *folder.rglob("*"))
        if (found := path.lstat()).st_mode & 0o077 and not stat.S_ISLNK(found.st_mode)
    ]


@needs_root
@in_module_loop
async def test_another_user_reads_no_file_of_a_running_platform(
    real_platform: Platform, open_folder: Path
) -> None:
    bait = open_folder / "bait"
    bait.write_text("for everybody")
    bait.chmod(0o644)
    assert readable_to_nobody(open_folder) == [str(bait)]


@in_module_loop
async def test_every_file_a_running_platform_makes_is_its_owners_only(
    real_platform: Platform, news: Notes
) -> None:
    data = real_platform.data_dir
    assert paths_open_to_others(data) == []
    kept = {str(path.relative_to(data)) for path in data.rglob("*")}
    expected = {"keys/signing.jwk", "registry.db", "nats/nats.conf", "temporal/temporal.db"}
    assert expected | {"logs/registry.log", "portal.db"} <= kept
    [told] = [line for line in news.news_lines if "曾可被本机其他用户访问" in line]
    assert told.startswith("3 个")
    assert "replace keys and passwords" in told


@needs_root
def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    planted = tmp_path / "registry.db"
    planted.touch()
    os.chown(planted, NOBODY, NOBODY)
    with pytest.raises(NotPrivate) as refused:
        tighten(tmp_path)
    assert f"{planted} 属于另一用户（{NOBODY}）" in refused.value.zh


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, data = tmp_path / "outside", tmp_path / "data"
    outside.write_text("of somebody else")
    outside.chmod(0o644)
    data.mkdir(mode=0o700)
    (data / "link").symlink_to(outside)
    assert tighten(data) == []
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
