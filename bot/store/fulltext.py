"""The index of words as SQLite keeps it (FTS5), and how it is asked: the only module that knows."""

from __future__ import annotations

import re

from bot.reading.query import Query, Term
from bot.store.unit import Unit

TABLE = "lookup USING fts5 (title, body, author, columnsize=0, tokenize='unicode61 remove_diacritics 2')"
"""One row for each post that can be found, under the post's id. Upper and lower case, and accents, are the same."""

FIND = "SELECT rowid FROM lookup WHERE lookup MATCH $1 AND rowid<$2 ORDER BY rowid DESC LIMIT $3"
"""Ids of posts, the newest first, by an expression of `matching`: the index is read from its end, nothing sorted."""

EXCERPT = "SELECT snippet(lookup, 1, $3, $4, $5, $6) FROM lookup WHERE lookup MATCH $1 AND rowid=$2"
"""What stands around the words that were found, between two signs each."""

DROP = "DELETE FROM lookup WHERE rowid=$1"
PUT = "INSERT INTO lookup (rowid, title, body, author) VALUES ($1, $2, $3, $4)"

PAGES = 64
"""Pages of the index that one unit writes anew, of about 4 KB."""

UNPARTED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
"""Letters of scripts that put no space between words."""

SEAM = "\u200b"
"""What parts them: it is not seen, and the index takes it for a space."""


def parted(words: str) -> str:
    """Words so that each letter of a script without spaces is a word of its own, which a phrase finds again."""
    return words if words.isascii() else UNPARTED.sub(rf"\1{SEAM}", words)


def joined(words: str) -> str:
    """The same as they were."""
    return words.replace(SEAM, "")


def matching(query: Query) -> str:
    """A search in the index's own language; whatever people write stands between quotes in it."""
    parts = ["{title body} : " + _quoted(term) for term in query.terms]
    parts += ["author : " + _quoted(term) for term in query.authors]
    return " AND ".join(parts)


def _quoted(term: Term) -> str:
    words = parted(term.words).replace('"', '""')
    return f'"{words}" *' if term.prefix else f'"{words}"'


def rewrite(begin: bool) -> Unit[bool]:
    """Write some of the index anew, without what was dropped from it; whether more is to be done.

    FTS5 only notes that a row was dropped; its words stay in the file until the piece that holds them is written anew.
    """
    [[before]] = yield "SELECT total_changes()", ()
    yield "INSERT INTO lookup (lookup, rank) VALUES ('merge', $1)", (-PAGES if begin else PAGES,)
    [[after]] = yield "SELECT total_changes()", ()
    return int(after) - int(before) >= 2
