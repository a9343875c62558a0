"""Offers: commands that are given by a press, where somebody reads what they are about."""

from __future__ import annotations

import shlex

from bot.model.base import Noun

MOST_OFFERS = 20
"""Offers that stand below one text; what is beyond them is left to the text."""


class Offer(Noun, frozen=True):
    """A command that is offered to who reads about it: to press it is to give it, there and then.

    It knows nothing but its words. Whoever presses is who gives the command, and what is not so any more is answered as
    if it had been typed.
    """

    label: str
    """What becomes of a press, beginning with a verb where it can."""
    group: str
    words: tuple[str, ...]
    """None of them holds a double quote, which no chat could type."""

    @property
    def line(self) -> str:
        """The command as it is typed behind the chat's sign."""
        return " ".join((self.group, *map(_quoted, self.words)))


def _quoted(word: str) -> str:
    return word if word and not any(sign.isspace() for sign in word) else f'"{word}"'


def offered(line: str) -> tuple[str, tuple[str, ...]]:
    """The group and the words of an offer, by its line."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.quotes = '"'
    lexer.escape = ""
    group, *words = lexer
    return group, tuple(words)
