"""How people are reached, as more people may read it than need to reach them (PIPL 6, 51(三)).

No text in force here says how many characters may stay. With the first three and the last four
digits of a mobile number, as they are often shown, ten thousand numbers are left; so fewer stay.
"""

from __future__ import annotations

_SHOWN_BEFORE, _SHOWN_AFTER = 3, 2  # characters that are shown at most
_SHORT = 11  # characters of a mobile number; of what is shorter only the end is shown


def masked(contact: str) -> str:
    """Returns at most a third of the characters of a number or address; an empty text for none."""
    shown = len(contact) // 3
    after = min(shown, _SHOWN_AFTER)
    before = min(shown - after, _SHOWN_BEFORE) if len(contact) >= _SHORT else 0
    return f"{contact[:before]}****{contact[len(contact) - after :]}" if contact else ""
