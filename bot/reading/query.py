"""Pure: what people write into a search → the words that must occur, whose, and in which boards."""

from __future__ import annotations

import re

import msgspec

LONGEST = 400
"""Characters of a search that count."""

MOST = 16
"""Words and phrases of a search that count."""

SHORTEST_PREFIX = 3
"""Letters before a `*`: what begins with fewer is nearly everything."""

CHUNK = re.compile(r'([^\s":]+:)?"([^"]*)"?|([^\s"]+)')
FILTERS = {"author:": "author", "in:": "board", "board:": "board"}


class Term(msgspec.Struct, frozen=True):
    """A word or a phrase that must occur."""

    words: str
    prefix: bool = False
    """Whether the last word may go on."""


class Query(msgspec.Struct, frozen=True):
    """What is looked for; every one of its parts must fit."""

    terms: tuple[Term, ...] = ()
    authors: tuple[Term, ...] = ()
    boards: tuple[str, ...] = ()
    """Each all words of a board's name or way, or `board:N` as offers write it."""
    typed: tuple[str, ...] = ()
    """Its parts as words of a command: none holds a double quote."""

    @property
    def empty(self) -> bool:
        """Whether it names nothing that can be looked up: boards alone are a list, and no search."""
        return not self.terms and not self.authors


def parsed(words: str) -> Query:
    """A search as people write it: `word`, `"a phrase"`, `begin*`, `author:name`, `in:words of a board's name`.

    Nothing that anybody writes is a mistake: what says nothing is left out.
    """
    terms: list[Term] = []
    authors: list[Term] = []
    boards: list[str] = []
    typed: list[str] = []
    for found in CHUNK.finditer("".join(c if c.isprintable() else " " for c in words[:LONGEST])):
        chunk = " ".join((f"{found[1] or ''}{found[2]}" if found[3] is None else found[3]).split())
        if len(typed) == MOST or not any(map(str.isalnum, chunk)):
            continue
        typed.append(chunk)
        sign, colon, rest = chunk.partition(":")
        kind = FILTERS.get((sign + colon).lower())
        if kind is not None and not any(map(str.isalnum, rest)):
            typed.pop()
        elif kind == "author":
            authors.append(_term(rest))
        elif kind == "board":
            boards.append(f"board:{rest}" if sign.lower() == "board" and _number(rest) else rest.casefold())
        else:
            terms.append(_term(chunk))
    return Query(tuple(terms), tuple(authors), tuple(boards), tuple(typed))


def _term(words: str) -> Term:
    bare = words.rstrip("*")
    letters = len(re.split(r"\W+", bare)[-1])
    return Term(" ".join(bare.split()), bare != words and letters >= SHORTEST_PREFIX)


def _number(word: str) -> bool:
    return word.isascii() and word.isdecimal()
