"""What can be set for Democratic Underground."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from bot.errors import SettingsError


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
    zone = _zone(settings.timezone)
    if zone is None:
        near = difflib.get_close_matches(settings.timezone, available_timezones(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        wrong.append(f"timezone: {settings.timezone!r} is no time zone, write a name like 'America/New_York'{hint}")
    base = _base(settings.address)
    if not base:
        wrong.append(f"address: {settings.address!r} is no site, write one like {Settings().address!r}")
    if not (math.isfinite(settings.min_interval) and settings.min_interval >= 1):
        wrong.append(f"min_interval: {settings.min_interval} is too short, write a number of seconds from 1 up")
    if zone is None or wrong:
        raise SettingsError("\n".join(wrong))
    return Rules(zone, base)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (
        ValueError,
        OSError,
        KeyError,
    ):  # ZoneInfoNotFoundError is a KeyError; folders and odd paths the others
        return None


def _base(address: str) -> str:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return ""
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.hostname and plain else ""
