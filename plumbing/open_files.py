"""How many files a process may open: each of its connections is one."""

from __future__ import annotations

import resource


def open_all_files() -> None:
    """Lets the process open as many files as the system lets it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
