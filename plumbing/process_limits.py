"""Limits that a process which reads foreign content sets itself before it reads."""

from __future__ import annotations

import os
import resource
import signal
from contextlib import suppress
from pathlib import Path


def limit_this_process(*, seconds: int, memory: int, written: int) -> None:
    """Limits the processor time in seconds, and the memory and the longest written file in bytes.

    The process also gives way to others. A limit that its parent has set is not raised.
    """
    with suppress(OSError):  # if memory runs out nevertheless, this process is ended first
        Path("/proc/self/oom_score_adj").write_text("1000")
    os.nice(10)  # a file may take its time; whoever signs in meanwhile may not wait for it
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # ends the process, so that its end says why
    for resource_, soft, last in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_FSIZE, written, written),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, hard = resource.getrlimit(resource_)
        bound = last if hard == resource.RLIM_INFINITY else min(last, hard)
        resource.setrlimit(resource_, (min(soft, bound), bound))
