"""One request on its way, and which error its breaking is."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from bot.errors import AdapterError, NotAllowed, OutcomeUnknown, Unparsable, Unreachable
from bot.net.guard import shown


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
        return OutcomeUnknown(
            f"{place} was sent a write and its answer is missing: {_why(error, trip)}. "
            "It may have been done; look before repeating it."
        )
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
    return Unreachable(f"{place} cannot be reached: {_why(error, trip)}. Look whether it is up.")


def _why(error: Exception, trip: Trip) -> str:
    """In words that hold nothing of the request."""
    match error:
        case TooLarge():
            return f"it is larger than {_size(error.limit)}"
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {trip.connect:g} s"
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
            return f"no complete answer within {trip.total:g} s"
        case aiohttp.ClientError() | OSError():
            return "the connection was cut"
        case _:
            return type(error).__name__


def _size(limit: int) -> str:
    return f"{limit // 2**20} MiB" if limit % 2**20 == 0 else f"{limit} bytes"
