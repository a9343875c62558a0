"""Which characters of a stranger's text are kept, and how a stranger's name is made fit to be shown."""

from __future__ import annotations

import re
import unicodedata

# Control characters but white space, NUL among them (no database and no browser takes it); lone surrogates (they have
# no UTF-8); bidi embeddings, overrides and isolates (they turn around what stands after them, also our own words).
_STRIPPED = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_KEPT_ASCII = bytes(code for code in range(128) if not _STRIPPED.match(chr(code)))

# Letters and symbols by their category, blank by their shape: a name made of them looks empty.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
_LONGEST_READ = 4096


def clean(words: str) -> str:
    """The same text without control characters, lone surrogates and bidi overrides; white space stays."""
    # Most texts hold none of them, and nothing tells it faster.
    if words.isascii():
        whole = not words.encode().translate(None, _KEPT_ASCII)
    else:
        whole = words.replace("\n", "").replace("\xa0", "").isprintable()
    return words if whole else _STRIPPED.sub("", words)


def clean_name(name: str, limit: int) -> str:
    """A name on one line, of at most `limit` characters, without anything that is not seen; may come out empty.

    Control, bidi and zero-width characters go (two names that look alike then are alike), white space collapses.
    """
    spaced = " ".join(name[:_LONGEST_READ].split())
    seen = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN and c not in _BLANK)
    return " ".join(seen.split())[: max(limit, 0)].rstrip()
