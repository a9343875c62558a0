"""Everything that commands, notices and pages say, by key: one folder for each language, one file for each area.

A text is a line with `{names}` in it, or, where it counts, a table with `one` and `other`. What is not translated is
said in English. A key is AREA.NAME, of `NAME = …` in `AREA.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ENGLISH = "en"

_spoken = [ENGLISH]


def speak(language: str) -> None:
    """Say everything in a language from now on; raises `ValueError` naming those that are there."""
    if language not in languages():
        raise ValueError(f'there are no texts in "{language}"; there are: {", ".join(languages())}')
    _spoken[0] = language


def languages() -> list[str]:
    """The languages that there are texts in."""
    return sorted(folder.name for folder in files("bot.texts").iterdir() if folder.is_dir() and folder.name[0] != "_")


def say(key: str, count: int | None = None, /, **values: object) -> str:
    """A text with its values; where it counts, in the form for so many, which stand in it as `{count}`."""
    text = catalogue(_spoken[0]).get(key) or catalogue(ENGLISH)[key]
    if isinstance(text, Mapping):
        text = text["one" if count == 1 else "other"]
    return text.format(**(values if count is None else values | {"count": f"{count:,}"}))


@cache
def catalogue(language: str) -> dict[str, str | dict[str, str]]:
    """All texts of a language, by key."""
    folder = files("bot.texts") / language
    areas = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return {
        f"{file.name.removesuffix('.toml')}.{name}": text
        for file in areas
        for name, text in tomllib.loads(file.read_text("utf-8")).items()
    }
