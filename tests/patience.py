"""How long tests wait for what other processes do.

Everything that is waited for takes seconds on an idle machine. The bound is many times that, so
that on a machine that does much else only a hang reaches it.
"""

from __future__ import annotations

PATIENCE_SECONDS = 300.0
