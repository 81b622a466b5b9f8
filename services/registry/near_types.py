"""Names the types of the catalogue that are nearest to a name that it does not have."""

from __future__ import annotations

from law.instruments import nearest

Words = tuple[str, str]


def near_types(written: str) -> Words:
    """Returns what a refusal adds on a name in Chinese and English: the nearest types.

    Both are empty if no type is like it.
    """
    near = nearest(written)
    if not near:
        return "", ""
    zh = "；相近的有：" + "、".join(f"{one.name_zh}({one.code})" for one in near)
    return zh, "; near to it are " + ", ".join(f"{one.name_en} ({one.code})" for one in near)
