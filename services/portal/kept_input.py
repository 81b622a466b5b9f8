"""What somebody filled in while their session ended: kept in its row until they sign in again."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.datastructures import FormData


def _may_be_kept(name: str) -> bool:
    return name != "form_token" and "password" not in name


@dataclass(frozen=True)
class KeptInput:
    """The fields of a form that came too late, and the path of its page. Files are not kept."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, path: str, form: FormData) -> KeptInput:
        """Returns the input of a form as it was sent, without secrets."""
        texts = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
        return cls(path, tuple(one for one in texts if _may_be_kept(one[0])))

    def written(self) -> str:
        """Returns the text in which a session's row holds the input."""
        return json.dumps([self.path, self.fields], ensure_ascii=False)


def read_kept(text: str) -> KeptInput | None:
    """Reads the input from a session's row; None if the row holds none."""
    if not text:
        return None
    path, fields = json.loads(text)
    return KeptInput(path, tuple((name, value) for name, value in fields))
