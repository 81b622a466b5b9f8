"""What a person is asked before a command acts, by the answer to a check of it (`confirming`)."""

from __future__ import annotations

from typing import Any

from services.cli.output.language import choose


def becomes_red(checked: Any) -> str:
    """Returns the question about an instrument that is red in its new state; empty for another.

    `checked` is the answer to the change of the state that is only checked.
    """
    if checked.colour != "red":
        return ""
    return choose(
        f"投入使用后立即为红色警示：{checked.reason_zh}。仍要投入使用？",
        f"It is red as soon as it is in use: {checked.reason_en}. Put it into use all the same?",
    )
