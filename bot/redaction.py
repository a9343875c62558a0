"""Values and errors → what may be written down: it holds no secret and no endless text.

Of log values, it runs after exceptions were rendered, so that it sees tracebacks too. Every pattern is linear: no
nested or overlapping repeats, because what is logged may be hostile text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.secret import known

GONE = "[redacted]"

LONGEST = 16 * 1024
"""Characters of one value; the middle of longer ones is left out."""

REASON = 500
"""Characters of what an error says where people read it."""

DEEPEST = 6
"""Levels of nested values; deeper ones are written as text."""

MOST = 200
"""Entries of one list or table."""

_SECRET_NAMES = frozenset(
    (
        *("authorization", "proxy_authorization", "cookie", "set_cookie", "api_key", "apikey", "x_api_key"),
        *("password", "passwd", "passphrase", "secret", "token", "credential", "private_key"),
    )
)

_HEADER = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie2?|(?:x-)?api-key|x-auth-token|user-api-key)"
    r"(['\"]?[ \t]{0,4}[:=,][ \t]{0,4}b?)"
    r"('[^'\n]*'|\"[^\"\n]*\"|[^\n'\"]+)"
)
"""A header as it is sent, and as Python shows one: "'Authorization': 'Bearer …'", "(b'Cookie', b'…')"."""

_FIELD = re.compile(
    r"(?i)((?:^|[?&;\s'\"({,])[a-z0-9_.%-]{0,40}?(?:key|token|secret|password|passwd|passphrase|signature|sig|auth)=)"
    r"[^&;\s'\"<>)},#]+"
)
"""A field of a query or form: "?key=…", "&access_token=…"."""

_JSON = re.compile(
    r"(?i)(['\"][a-z0-9_.-]{0,40}?(?:token|secret|password|passwd|passphrase|api_?key)['\"][ \t]{0,4}:[ \t]{0,4})"
    r"('[^'\n]*'|\"(?:[^\"\\\n]|\\.)*\")"
)
"""A member of a JSON text or of a dictionary as Python shows it."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_HEADER, rf"\1\2{GONE}"),
    (_JSON, rf"\1{GONE}"),
    (_FIELD, rf"\1{GONE}"),
    (re.compile(r"(?i)([?&](?:code|sid)=)[^&;\s'\"<>)},#]+"), rf"\1{GONE}"),  # logins and sessions in addresses
    (re.compile(r"(?i)(/(?:webhooks|interactions)/[0-9A-Za-z_-]{1,80}/)[^/\s'\"?#<>)]+"), rf"\1{GONE}"),
    (re.compile(r"(/read/(?:in|mydata)/)[A-Za-z0-9_%-]+"), rf"\1{GONE}"),  # one-time links to our own pages
    (re.compile(r"(://[^/\s:@'\"]{0,200}:)[^/\s@'\"]{1,400}@"), rf"\1{GONE}@"),
    (re.compile(r"\b([Bb]earer +)[A-Za-z0-9._~+/=-]{6,}"), rf"\1{GONE}"),
    (re.compile(r"\b(Basic +)[A-Za-z0-9+/=_-]{12,}"), rf"\1{GONE}"),
    (re.compile(r"\b(Bot +)[A-Za-z0-9._-]{24,}"), rf"\1{GONE}"),
    (re.compile(r"\b(?:syt|syr|mat|mct|mcr)_[A-Za-z0-9_-]{6,}"), GONE),  # Matrix: access and refresh tokens
    (re.compile(r"\b[A-Za-z0-9_-]{22,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"), GONE),  # Discord
)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets: those given, verbatim, and whatever has the form of one."""
    for secret in secrets:  # before the cut, which could leave half of one
        if secret in text:
            text = text.replace(secret, GONE)
    if len(text) > LONGEST:
        half = LONGEST // 2
        text = f"{text[:half]} … {len(text) - LONGEST} characters left out … {text[-half:]}"
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def words_of(error: BaseException) -> str:
    """What an error says, without secrets; it may be empty, and of several lines."""
    return redacted(str(error), known)


def reason_of(error: BaseException) -> str:
    """What an error says, as the database may keep it and people may be told: one line, bounded, never empty."""
    return " ".join(words_of(error).split())[:REASON] or type(error).__name__


def cleaned(value: object, secrets: Iterable[str] = (), depth: int = 0) -> object:
    """A value as JSON can hold it, redacted in every part; what JSON does not know becomes text."""
    match value:
        case int() if not -(2**63) <= value < 2**64:
            return str(value) if value.bit_length() < 1024 else "a very large number"
        case None | bool() | int() | float():
            return value
        case str():
            return redacted(str(value), secrets)
        case Mapping() if depth < DEEPEST:
            return {
                redacted(str(key), secrets): GONE
                if names_secret(str(key)) and one
                else cleaned(one, secrets, depth + 1)
                for key, one in list(value.items())[:MOST]
            }
        case list() | tuple() | set() | frozenset() if depth < DEEPEST:
            return [cleaned(one, secrets, depth + 1) for one in list(value)[:MOST]]
        case _:
            return redacted(_as_text(value), secrets)


def names_secret(key: str) -> bool:
    """Whether what stands under this key is a secret, whatever it looks like."""
    name = key.lower().replace("-", "_")
    return name in _SECRET_NAMES or name.endswith(("_token", "_secret", "_password", "_api_key"))


def _as_text(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: cannot be shown, {type(error).__name__}>"
