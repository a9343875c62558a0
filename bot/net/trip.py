"""One request on its way, its body, and which error its breaking is; also for what a network's library asks."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from bot.errors import AdapterError, NotAllowed, OutcomeUnknown, Unparsable, Unreachable
from bot.net.guard import shown

CHUNK = 65_536
"""Bytes read at a time, so that a compressed bomb is met by the limit and not by the memory."""


@dataclass(slots=True)
class Trip:
    """One request on its way: what the guard and the tracer, which aiohttp calls, have seen of it."""

    url: URL
    write: bool
    total: float
    connect: float
    queued: bool = True
    """Whether it waits for a free slot of our own."""
    refusal: str | None = None
    """Why the guard refused an address of this host."""
    passed: bool = False
    """Whether the guard let any address of this host through."""
    begun: bool = False
    """Whether a byte of the request may have left."""


class TooLarge(Exception):
    """The body is larger than the call allows; `sample` holds its beginning."""

    def __init__(self, limit: int, sample: bytes) -> None:
        super().__init__(limit)
        self.limit = limit
        self.sample = sample


def failure(trip: Trip, error: Exception) -> AdapterError:
    """The error of the reaction: whether anything was sent decides for a write, what broke for a read.

    Its text is in our words: those of aiohttp hold whole addresses, and with them keys.
    """
    place = shown(trip.url)
    if trip.write and trip.begun:
        return _unknown(place, _why(error, trip.total, trip.connect))
    if trip.refusal is not None and not trip.passed:
        return NotAllowed(f"{place} is not fetched: {trip.refusal}.")
    if isinstance(error, (aiohttp.InvalidURL, UnicodeError)) and not trip.begun:
        return NotAllowed(f"{place} is not fetched: its host is not a valid name or address.")
    if isinstance(error, TooLarge):
        return Unparsable(f"{place} is larger than {_size(error.limit)} and was not read.", "", error.sample)
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return Unparsable(f"{place} answered something that is not valid HTTP.", "HTTP")
    if trip.queued:
        return Unreachable(f"{place} was not asked: too many other requests are under way. Come again later.")
    return Unreachable(f"{place} cannot be reached: {_why(error, trip.total, trip.connect)}. Look whether it is up.")


def broken(place: str, error: Exception, *, write: bool, total: float, connect: float) -> AdapterError:
    """The error of the reaction where nobody saw the first byte leave: only who was not connected to got nothing.

    `place` is who was asked; `total` and `connect` are the seconds that were allowed.
    """
    why = _why(error, total, connect)
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)):
        return Unreachable(f"{place} cannot be reached: {why}. Look whether it is up.")
    if write:
        return _unknown(place, why)
    return Unreachable(f"{place} did not answer: {why}. Look whether it is up.")


async def whole(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The whole body; raises `TooLarge` above `limit` bytes."""
    if response.status != 304 and (response.content_length or 0) > limit:
        raise TooLarge(limit, b"")
    found = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        found += chunk
        if len(found) > limit:
            raise TooLarge(limit, bytes(found[:4096]))
    return bytes(found)


def _unknown(place: str, why: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{place} was sent a write and its answer is missing: {why}. It may have been done; look before repeating it."
    )


def _why(error: Exception, total: float, connect: float) -> str:
    """In words that hold nothing of the request."""
    match error:
        case TooLarge():
            return f"it is larger than {_size(error.limit)}"
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {connect:g} s"
        case aiohttp.ClientConnectorDNSError():
            return "its name cannot be looked up"
        case aiohttp.ClientConnectorCertificateError():
            broken = error.certificate_error
            why = broken.verify_message if isinstance(broken, ssl.SSLCertVerificationError) else "not valid"
            return f"its certificate is not accepted ({why})"
        case aiohttp.ClientSSLError():
            return "no encrypted connection could be made"
        case aiohttp.ClientConnectorError():
            return os.strerror(error.errno).lower() if error.errno else "the connection failed"
        case aiohttp.ClientPayloadError():
            return "the answer was cut or damaged"
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return "the answer is not valid HTTP"
        case TimeoutError():
            return f"no complete answer within {total:g} s"
        case aiohttp.ClientError() | OSError():
            return "the connection was cut"
        case _:
            return type(error).__name__


def _size(limit: int) -> str:
    return f"{limit // 2**20} MiB" if limit % 2**20 == 0 else f"{limit} bytes"
