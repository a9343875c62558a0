"""Pure: what came back from a request, and which error an unwelcome status is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar, overload

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from bot.errors import (
    Gone,
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unparsable,
    Unreachable,
)
from bot.net.charset import decoded
from bot.net.guard import shown

T = TypeVar("T")

LONGEST_WAIT = 86_400.0
"""Seconds; who asks for a longer pause is asked again after a day."""

PAUSE = 60.0
"""Seconds to wait after a 429 that names no time."""

_SECONDS = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: one character
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|.)",  # any other escape, so that the u of \\\\ud800 is not taken for one
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A complete answer of a server: its status, where it came from, its headers and its body, decompressed.

    `url` is the address after all redirects and may hold secrets: show it with `shown`. Header names are
    found in any case. A 304 is an answer with an empty body. `moved` is where the address that was asked for has moved
    for good (301, 308), empty where it has not.
    """

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    moved: str = ""

    def __post_init__(self) -> None:
        pairs = [(name, _storable(value)) for name, value in self.headers.items()]
        object.__setattr__(self, "headers", CIMultiDictProxy(CIMultiDict(pairs)))

    def __repr__(self) -> str:
        return f"<Answer {self.status} of {shown(self.url)}, {len(self.body)} bytes>"

    def every(self, name: str) -> list[str]:
        """All values of a header that may stand several times, as Set-Cookie and Link do."""
        return [value for found, value in self.headers.items() if found.lower() == name.lower()]

    def text(self, fallback: str = "windows-1252") -> str:
        """The body as text; never fails (see `charset.decoded`)."""
        return decoded(self.body, self.headers.get("content-type", ""), fallback)

    @overload
    def json(self) -> object: ...

    @overload
    def json(self, kind: type[T]) -> T: ...

    def json(self, kind: Any = object) -> Any:
        """The body as JSON values, or as what a type says that they are; Unparsable where it is none of that.

        Half a surrogate pair and a stray byte become U+FFFD: one broken post does not cost the page.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass  # most often one of the characters below; the second try tells
        try:
            return msgspec.json.decode(repaired(self.text()), type=kind)
        except msgspec.ValidationError as error:
            raise Unparsable(f"{shown(self.url)} answered JSON of another kind: {error}", "JSON", self.body) from None
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            said = self.headers.get("content-type", "no type")[:80]
            why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise Unparsable(
                f"{shown(self.url)} answered something that is not JSON ({said}): {why}", "JSON", self.body
            ) from None


def repaired(json: str) -> str:
    """A JSON text in which each half of a surrogate pair is U+FFFD: decoders take no other."""
    return _ESCAPE.sub(_whole, json)


def _whole(escape: re.Match[str]) -> str:
    return r"\ufffd" if escape["lone"] else escape[0]


def _storable(value: str) -> str:
    """aiohttp keeps bytes that are not utf-8 as lone surrogates, which no database or request can take."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def retry_after(headers: Mapping[str, str], now_ms: int) -> float | None:
    """Seconds that the server asks to wait, from 0 to `LONGEST_WAIT`; None if it names none that can be read.

    Seconds or an HTTP date (RFC 9110 section 10.2.3); some servers send fractions.
    """
    value = _header(headers, "retry-after")
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST_WAIT)
    when = _date(value)
    if when is None:
        return None
    return min(max(when - now_ms / 1000, 0.0), LONGEST_WAIT)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value.strip() for found, value in headers.items() if found.lower() == name), "")


def _date(value: str) -> float | None:
    """Seconds since 1970 of an HTTP date; None if it is none."""
    if not 0 < len(value) <= 64:
        return None
    try:
        when = parsedate_to_datetime(value)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return (when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def raise_for_status(answer: Answer, what: str, write: bool) -> None:
    """Raise what a status from 400 up means for a read or a write of `what` ("board 12"); else do nothing.

    An adapter that can read the forum's own reason does so first. A redirect passes: form posts end in one.
    """
    status = answer.status
    if status < 400:
        return
    told = f"{what}: {shown(answer.url)} answered {_named(status)}"
    if status == 401:
        raise LoginRejected(f"{told}. The login has to be renewed.")
    if status == 403:
        raise NotAllowed(f"{told}. The login needs permission there, or the site keeps programs out.")
    if status in (404, 410):
        raise Gone(f"{told}.", final=status == 410)
    if status == 429 or (status == 503 and not write and _wait(answer) is not None):
        wait = _wait(answer)
        seconds = PAUSE if wait is None else wait
        raise RateLimited(f"{told}. It asks for a pause of {seconds:.0f} s.", seconds)
    if status in (408, 425):  # both say that the request was not taken up (RFC 9110 15.5.9, RFC 8470 5.2)
        raise Unreachable(f"{told}. Nothing was done; come again later.")
    if status >= 500:
        if write:
            raise OutcomeUnknown(f"{told}. It may have been done all the same; look before repeating it.")
        raise Unreachable(f"{told}. Look whether the site works in a browser.")
    if write:
        raise Refused(f"{told}.")
    raise Unparsable(f"{told}.", what, answer.body)


def _wait(answer: Answer) -> float | None:
    """What the server asks for, a date taken against the server's own clock."""
    now = _date(_header(answer.headers, "date"))
    if now is None and not _SECONDS.fullmatch(_header(answer.headers, "retry-after")):
        return None
    return retry_after(answer.headers, int((now or 0) * 1000))


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
