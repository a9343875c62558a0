"""What can be set for Democratic Underground."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from adapters.engines.settings import no_zone, refused, too_small, zone


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one forum of this kind; the defaults suit the site itself."""

    timezone: str = "America/New_York"
    """The zone of the printed times; the pages name none, and the site is run from the east of the USA."""
    address: str = "https://www.democraticunderground.com"
    """Where the site answers."""
    min_interval: float = 60.0
    """Seconds between two readings of one page, at least."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that were checked: how pages are to be read."""

    zone: ZoneInfo
    base: str
    """Scheme and host, without a slash at the end."""


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = []
    told = zone(settings.timezone)
    if told is None:
        wrong.append(no_zone(settings.timezone, Settings().timezone))
    base = _base(settings.address)
    if not base:
        wrong.append(f"address: {settings.address!r} is no site, write one like {Settings().address!r}")
    wrong += too_small(settings, min_interval=1.0)
    refused(wrong)
    assert told is not None  # it was refused else
    return Rules(told, base)


def _base(address: str) -> str:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return ""
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.hostname and plain else ""
