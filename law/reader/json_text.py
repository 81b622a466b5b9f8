"""Reads JSON that came from outside, in the one way in which receipts and dossiers are read."""

from __future__ import annotations

import json

from law.errors import Fault, InvalidInput


def read_json_text(name: str, text: str | bytes) -> object:
    """Returns the values of a JSON text; `name` is what the file is called in the fault.

    Raises InvalidInput for a text that is not JSON in UTF-8, is nested too deeply, or repeats a key
    of an object.
    """
    try:
        written = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(written, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        fault = Fault(name, "不能读取为JSON", f"cannot be read as JSON: {error}")
        raise InvalidInput("文件不符合要求", "The file is not valid.", faults=[fault]) from None


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"given twice: {', '.join(twice)}")
    return dict(pairs)
