"""Asks the homeserver: one call, one answer, and what went wrong as the error of the reaction.

matrix-nio carries the calls; it neither repeats nor waits, for that is the outbox's to do. It is imported at the first
call: who only checks settings or draws a preview does without.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from bot.errors import (
    AdapterError,
    Gone,
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unparsable,
    Unreachable,
)
from bot.net import TooLarge, broken, retry_after, whole

TOTAL = 20.0
"""Seconds for a whole call: the outbox reckons that no request arrives later than this after it was begun."""

CONNECT = 5.0
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer; a sync after a long absence is large."""

PAUSE = 5.0
"""Seconds to wait where a homeserver limits us and names no time."""

Object = dict[str, Any]
"""A JSON object, as the homeserver gave it."""

_VERSIONS = "/_matrix/client/versions"
"""What every homeserver tells everybody, at once."""

_LOGINS = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"})
_BUSY = frozenset({"M_RESOURCE_LIMIT_EXCEEDED"})
_ABSENT = frozenset({"M_NOT_FOUND", "M_UNKNOWN"})


class Rejected(LoginRejected):
    """The token is not accepted; `soft`: the device is kept, and a new login with it goes on where this one ended."""

    def __init__(self, message: str, soft: bool) -> None:
        super().__init__(message)
        self.soft = soft


class Denied(Refused):
    """The homeserver refuses this one act, under a code of its own."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def path(*steps: str, version: str = "client/v3") -> str:
    """An address below /_matrix, every step quoted whole: ids hold any sign."""
    return "/".join((f"/_matrix/{version}", *map(_quoted, steps)))


@lru_cache(512)
def _quoted(step: str) -> str:
    """One step; all but the last one or two of a path are the same again and again."""
    return quote(step, safe="")


class Client:
    """One homeserver and one access token; every call raises only `AdapterError`."""

    def __init__(self, homeserver: str) -> None:
        self.homeserver = homeserver
        self.token = ""
        self._nio: Any = None
        self._closed = False
        self._doubtful = False
        """The answer to the last write is missing, and nothing was heard since."""

    async def call(
        self,
        method: str,
        where: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        write: bool | None = None,
        total: float = TOTAL,
        data: bytes | Path | None = None,
        kind: str = "application/json",
    ) -> Object:
        """Ask once; `where` is a `path`. `data` of a `kind` goes in place of a JSON `body`; a file is read on its way.

        `write` says whether it may matter that the request arrived while its answer did not; all but GET, if not given.
        Raises `OSError` where there is a file and it cannot be opened.
        """
        write = method != "GET" if write is None else write
        if body is not None:
            data = msgspec.json.encode(body)
        try:
            said = await self._asked(method, where, query, write=write, total=total, data=data, kind=kind)
            return self._read(said, write)
        except OutcomeUnknown:
            self._doubtful = True
            raise
        except TooLarge as error:
            raise self._broken(error, write, total) from None

    async def download(self, where: str, most: int, total: float, query: Mapping[str, str] | None = None) -> bytes:
        """A file, as it lies there; `Refused` where it is larger than `most` bytes."""
        try:
            return await self._asked("GET", where, query, total=total, most=most)
        except TooLarge:
            raise Refused(f"The file is larger than {most} bytes ([media] file_bytes).") from None

    async def _asked(
        self,
        method: str,
        where: str,
        query: Mapping[str, str] | None,
        *,
        write: bool = False,
        total: float,
        data: bytes | Path | None = None,
        kind: str = "application/json",
        most: int = LARGEST,
    ) -> bytes:
        """What was answered; raises `TooLarge` besides `AdapterError`."""
        if write and self._doubtful:
            await self._look()
        headers = {"Accept": "application/json", "User-Agent": "Threadline"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if data is not None:
            headers["Content-Type"] = kind
        if query:
            where = f"{where}?{urlencode(query)}"
        timeout = aiohttp.ClientTimeout(total=total, connect=CONNECT)
        file = await asyncio.to_thread(data.open, "rb") if isinstance(data, Path) else nullcontext(data)
        try:
            with file as sent:
                client = await self._opened()
                answer: aiohttp.ClientResponse = await client.send(method, where, sent, headers, None, timeout)
                async with answer:
                    said = await whole(answer, most)
            if answer.status in (200, 201):
                return said
            raise refusal(answer.status, answer.headers, said, write, self.homeserver)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._broken(error, write, total) from None

    def _broken(self, error: Exception, write: bool, total: float) -> AdapterError:
        failed = broken(self.homeserver, error, write=write, total=total, connect=CONNECT)
        self._doubtful |= isinstance(failed, OutcomeUnknown)
        return failed

    async def _look(self) -> None:
        """Raise `Unreachable` where the homeserver is still away, before anything is begun.

        A gateway before it answers every write by 502, and each of those would count as a failure of what was written.
        """
        try:
            await self.call("GET", _VERSIONS)
        except (Unreachable, RateLimited):
            raise
        except AdapterError:
            pass  # it is there, whatever it thinks of the question
        self._doubtful = False

    async def close(self) -> None:
        """Let go of the connections."""
        self._closed = True
        if self._nio is not None:
            await self._nio.close()

    async def _opened(self) -> Any:
        if self._nio is None and not self._closed:
            nio = await asyncio.to_thread(importlib.import_module, "nio")  # longer than anybody may block the loop
            if self._nio is None:
                config = nio.AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0)
                self._nio = nio.AsyncClient(self.homeserver, config=config)
        if self._closed:
            raise Unreachable(f"{self.homeserver} is not asked: the program is stopping.")
        return self._nio

    def _read(self, said: bytes, write: bool) -> Object:
        try:
            return msgspec.json.decode(said, type=Object)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return _strange(said, write, self.homeserver)


def refusal(status: int, headers: Mapping[str, str], said: bytes, write: bool, place: str) -> AdapterError:
    """What an answer that is no success means for whoever asked; raises nothing."""
    error = _said(said)
    code, words = str(error.get("errcode", "")), " ".join(str(error.get("error", "")).split())[:300]
    told = f"{place} answered {status}" + (f" {code}" if code else "") + (f": {words}" if words else "")
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        seconds = _pause(headers, error)
        return RateLimited(f"{told}. It asks for a pause of {seconds:.0f} s.", seconds)
    if code in _LOGINS or status == 401:
        return Rejected(f"{told}. Log in again.", error.get("soft_logout") is True)
    if code in _BUSY:
        return Unreachable(f"{told}. Its own admin has to help.")
    if status >= 500 or not code:
        if write:
            return OutcomeUnknown(f"{told}. It may have been done all the same; look before repeating it.")
        if status >= 500:
            return Unreachable(f"{told}. Look whether it is up.")
        return Unparsable(f"{told}, which no Matrix homeserver says. Check the address.", "a Matrix answer", said)
    if status == 403:
        return NotAllowed(f"{told}. Let us in there, or give us the power for it.")
    if status == 404 and code in _ABSENT:
        return Gone(f"{told}.")
    return Denied(f"{told}.", code)


def _pause(headers: Mapping[str, str], error: Object) -> float:
    """Seconds to wait: the header's where it has any, else the body's, which is older."""
    seconds = retry_after(headers, 0) if headers.get("Retry-After", "")[:1].isdigit() else None
    if seconds is not None:
        return seconds
    told = error.get("retry_after_ms")
    return told / 1000 if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0 else PAUSE


def _said(said: bytes) -> Object:
    try:
        return msgspec.json.decode(said, type=Object)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}


def _strange(said: bytes, write: bool, place: str) -> Object:
    if write:
        raise OutcomeUnknown(f"{place} answered something that is not JSON. It may have been done; look first.")
    raise Unparsable(f"{place} answered something that is not JSON. Check the address.", "JSON", said)
