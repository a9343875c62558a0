"""What can be set for a site whose feeds are read."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from adapters.engines.settings import refused, too_small
from adapters.forums.feed.engines import PAUSE


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one site; none of them is needed."""

    address: str = ""
    """Where the site stands: addresses on its host belong to it. Empty: whatever address it is given."""
    min_interval: float = PAUSE
    """Seconds between two readings of one feed, at least."""
    max_interval: float = 3600.0
    """Seconds after which a feed is read again however quiet it is."""


def host_of(settings: Settings) -> str:
    """Host and port of the site, empty where none is set; SettingsError with a line for every wrong setting."""
    wrong, host = [], ""
    if settings.address:
        try:
            parts = urlsplit(settings.address)
            _ = parts.port
            host = parts.netloc.lower() if parts.scheme in ("http", "https") and not parts.username else ""
        except ValueError:
            pass
        if not host:
            wrong.append(f"address: {settings.address!r} is no site, write one like 'https://blog.example'")
    wrong += too_small(settings, min_interval=1.0, max_interval=settings.min_interval)
    refused(wrong)
    return host
