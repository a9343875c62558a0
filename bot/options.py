"""Pure: a mirror's options as people write them, checked; and in words again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from bot.errors import ThreadlineError
from bot.mirroring import Options
from bot.texts import say

LISTS = ("words", "not_words", "authors", "not_authors", "tags", "not_tags")
"""The filters that are lists of patterns."""

MOST = 50
"""Patterns in one list."""
LONGEST = 100
"""Characters of one pattern."""

LENGTHS = (100, 100_000)
"""Characters that a post may be cut to; less is no post any more."""

LONGEST_DELAY = 7 * 86_400
"""Seconds that a post may be kept back by a delay."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,9})\s*([smhd])")


class Given(msgspec.Struct, frozen=True):
    """Options as they were given; what is None was not given and stays as it is."""

    max_length: int | None = None
    delay: str | None = None
    words: tuple[str, ...] | None = None
    not_words: tuple[str, ...] | None = None
    authors: tuple[str, ...] | None = None
    not_authors: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    not_tags: tuple[str, ...] | None = None
    posts: Literal["all", "ops"] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was given."""
        return self == Given()


def given(values: Mapping[str, str]) -> Given:
    """The options among the words of a command, called `--not-words` and so on; patterns stand between commas.

    Raises `ThreadlineError` where a length is no number; `applied` checks the rest.
    """
    lists = {name: _parted(values[spelled(name)]) for name in LISTS if spelled(name) in values}
    length = values.get("max-length")
    if length is not None and not (length.isascii() and length.isdecimal() and len(length) <= 9):
        raise ThreadlineError(say("filters.no_length", length=length[:40]))
    posts: Literal["all", "ops"] | None = None
    if "posts" in values:
        posts = "ops" if values["posts"] == "ops" else "all"
    return Given(max_length=None if length is None else int(length), delay=values.get("delay"), posts=posts, **lists)


def written(new: Given) -> list[str]:
    """The words of a command that give these options."""
    words: list[str] = []
    for name in new.__struct_fields__:
        value = getattr(new, name)
        if value is not None:
            words += [f"--{spelled(name)}", ",".join(value) if name in LISTS else str(value)]
    return words


def spelled(name: str) -> str:
    """What an option is called in a command."""
    return name.replace("_", "-")


def _parted(text: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in text.split(",")) if part)


def applied(new: Given, old: Options = Options()) -> Options:  # noqa: B008  frozen
    """The options with what was given; raises `ThreadlineError` saying what is wrong with it, and what to write."""
    cells: dict[str, object] = {}
    for name in LISTS:
        if (some := getattr(new, name)) is not None:
            cells[name] = patterns(spelled(name), some)
    if new.max_length is not None:
        cells["max_length"] = length(new.max_length)
    if new.delay is not None:
        cells["delay"] = duration(new.delay)
    if new.posts is not None:
        cells["with_replies"] = new.posts == "all"
    return msgspec.structs.replace(old, **cells)


def patterns(name: str, some: Iterable[str]) -> tuple[str, ...]:
    """Patterns, each once; raises `ThreadlineError` for too many, too long ones, and those that fit everything."""
    kept = tuple(dict.fromkeys(" ".join(one.split()) for one in some))
    if len(kept) > MOST:
        raise ThreadlineError(say("filters.too_many", name=name, most=MOST, given=len(kept)))
    for one in kept:
        if len(one) > LONGEST:
            raise ThreadlineError(say("filters.too_long", name=name, given=len(one), most=LONGEST))
        if not one.replace("*", "").strip():
            raise ThreadlineError(say("filters.fits_all", entry=one, name=name))
        if "," in one:
            raise ThreadlineError(say("filters.comma", entry=one, name=name))
    return kept


def length(characters: int) -> int:
    """The characters that a post is cut to; raises `ThreadlineError` for what is no sensible length."""
    if characters and not LENGTHS[0] <= characters <= LENGTHS[1]:
        raise ThreadlineError(say("filters.lengths", least=LENGTHS[0], most=LENGTHS[1]))
    return characters


def duration(text: str) -> int:
    """The seconds that "90s", "10m", "2h", "1d" or "0" say; raises `ThreadlineError` for anything else."""
    word = text.strip().lower()
    found = _DURATION.fullmatch(word)
    if found is None and word != "0":
        raise ThreadlineError(say("filters.no_time", time=text[:40]))
    seconds = int(found[1]) * UNITS[found[2]] if found is not None else 0
    if seconds > LONGEST_DELAY:
        raise ThreadlineError(say("filters.long_time", time=text[:40]))
    return seconds


def lasting(seconds: int) -> str:
    """A length of time as `duration` reads it, in the largest unit that tells it exactly."""
    for unit, size in reversed(UNITS.items()):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return "0"


def in_words(options: Options) -> list[str]:
    """What is not as it is by default, a phrase each: "only OPs", "delay 10m", "not words: spam, casino*"."""
    told = [] if options.with_replies else [say("filters.only_ops")]
    for name in LISTS:
        if some := getattr(options, name):
            told.append(f"{name.replace('_', ' ')}: {', '.join(some)}")
    if options.delay:
        told.append(say("filters.delay", time=lasting(options.delay)))
    if options.max_length:
        told.append(say("filters.at_most", length=options.max_length))
    return told
