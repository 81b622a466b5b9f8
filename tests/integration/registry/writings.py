"""Other writings of a text that mean the same, chosen at random."""

from __future__ import annotations

from random import Random


def spelt(chance: Random, text: str) -> str:
    """A text in another writing: width, case, brackets, dashes, blanks, marks of spreadsheets.

    Characters that show nothing are refused by name (`plumbing/characters.py`), never folded away.
    """
    others = {"-": "－—–", "(": "（[【", ")": "）]】", "X": "Ｘ", "1": "１"}
    written = "".join(
        chance.choice(others[c]) if c in others and chance.random() < 0.5 else c for c in text
    )
    written = written.lower() if chance.random() < 0.3 else written
    place = chance.randrange(len(written) + 1)
    written = written[:place] + chance.choice(["", " ", "\u3000"]) + written[place:]
    return chance.choice(["{}", "{}", "'{}", '="{}"', "{}\ufeff"]).format(written)


def part_spelt(chance: Random, name: str) -> str:
    """The name of a nozzle in another writing."""
    return (
        chance.choice(["{}", "0{}", "{}号枪", "油枪{}", "{}#", "第{}枪"]).format(name)
        if name
        else ""
    )
