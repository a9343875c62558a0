"""Pure: what of an address lasts. Stores of files sign addresses anew at every reading, for a few hours each."""

from __future__ import annotations

import re
from html import unescape

_ADDRESS = re.compile("https?://[^\\s\"'<>]+", re.IGNORECASE)
_END = re.compile(r"[)\]}`]|#(?!0?38;)")  # where an address in Markdown or BBCode ends; "&#38;" is an "&" of HTML
_AND = re.compile("&(?:amp;|#0?38;)?", re.IGNORECASE)

PREFIXES = ("x-amz-", "x-goog-")
"""Beginnings of names that only a signature has: AWS Signature Version 4, and Google's form of it."""

_SIGNED = frozenset(
    {"awsaccesskeyid", "expires", "googleaccessid", "key-pair-id", "ossaccesskeyid", "policy", "signature"}
)
_SHARED = frozenset({"sig", "se", "st", "sv", "sr", "sp", "spr", "sip", "skoid", "sktid", "skt", "ske", "sks", "skv"})
_TIMED = frozenset({"expires", "token"})
_DISCORD = frozenset({"ex", "is", "hm"})

SEALS = (
    (frozenset({"expires", "signature"}), _SIGNED),  # S3 before version 4, Google, Alibaba, CloudFront
    (frozenset({"policy", "signature"}), _SIGNED),  # CloudFront with a policy
    (frozenset({"se", "sig"}), _SHARED),  # Azure: shared access signatures
    (_TIMED, _TIMED),  # Bunny and its like
    (_DISCORD, _DISCORD),
)
"""Names that show together that an address is signed for a time, and the names that fade with it.

Each alone may say which file is meant: a bare `token` or `policy` stays.
"""


def lasting(text: str) -> str:
    """A text without what fades of the addresses in it: equal for two readings between which nothing was edited.

    For comparisons; what is left may lead nowhere. Any format; linear in its length.
    """
    return _ADDRESS.sub(_left, text) if "?" in text else text


def fades(text: str) -> bool:
    """Whether an address, or one in a text, is good for a time only."""
    return lasting(text) != text


def same(one: str, other: str) -> bool:
    """Whether two addresses name the same file, but for what fades."""
    return lasting(one) == lasting(other)


def _left(found: re.Match[str]) -> str:
    place, question, query = found[0].partition("?")
    end = _END.search(query)
    query, rest = (query[: end.start()], query[end.start() :]) if end else (query, "")
    fields = _AND.split(query)
    names = [unescape(field.partition("=")[0]).lower() for field in fields]
    fading = {name for name in names if name.startswith(PREFIXES)}
    for needed, going in SEALS:
        if needed <= set(names):
            fading |= going
    if fading.isdisjoint(names):
        return found[0]
    kept = "&".join(field for field, name in zip(fields, names, strict=True) if name not in fading)
    return f"{place}{question if kept else ''}{kept}{rest}"
