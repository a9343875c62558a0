"""Where the program begins, and how it ends when something went wrong."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence

from bot.cli.base import app, fail
from bot.errors import ThreadlineError
from bot.redaction import words_of


def main() -> None:
    """Run the program; errors that a person can act on are lines on standard error and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter is no reason to end
    wrong: list[str] = []
    try:
        app(args=options_first(sys.argv[1:]))
    except* ThreadlineError as group:
        wrong += texts(group)
    if wrong:
        fail("\n".join(wrong))


def options_first(words: Sequence[str]) -> list[str]:
    """The words of the command line, with --home and --config before the command wherever they were given."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            return [*first, *rest, word, *waiting]
        if word in ("--home", "--config"):
            first += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            (first if word.startswith(("--home=", "--config=")) else rest).append(word)
    return first + rest


def texts(group: BaseExceptionGroup[BaseException]) -> Iterator[str]:
    """What the errors of a group say, each once."""
    for error in dict.fromkeys(group.exceptions):
        if isinstance(error, BaseExceptionGroup):
            yield from texts(error)
        else:
            yield words_of(error)
