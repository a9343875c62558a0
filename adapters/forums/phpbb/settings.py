"""What can be set for a phpBB board."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from adapters.engines.addresses import rooted
from adapters.engines.settings import no_site, no_zone, refused, too_small, zone
from adapters.forums.phpbb.languages import LANGUAGES
from bot.ports import Secret


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one board; only its address is needed."""

    address: str = ""
    """Where the board stands, with the folder that it is in: the address of its index, without `index.php`."""
    username: str = ""
    """The account that posts what people say in chats; without one nothing is posted."""
    password: Secret = Secret("")
    """Its password."""
    timezone: str = ""
    """The zone of the printed times, where the pages tell neither exact times nor their zone."""
    dates: str = ""
    """The language of the printed times, such as "de"; empty: that of the page."""
    min_interval: float = 60.0
    """Seconds between two readings of one page, at least."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that were checked: where the board stands and how its pages are to be read."""

    base: str
    """The board's address without a slash at the end; empty where a saved page does not tell it."""
    zone: ZoneInfo | None = None
    language: str = ""


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = []
    told = zone(settings.timezone) if settings.timezone else None
    if settings.timezone and told is None:
        wrong.append(no_zone(settings.timezone, "Europe/Berlin"))
    if settings.dates and settings.dates not in LANGUAGES:
        wrong.append(f"dates: {settings.dates!r} is not known, write one of {', '.join(LANGUAGES)}")
    address = settings.address.strip().removesuffix("index.php")
    if address:
        wrong += no_site(address, kind="board", like="https://forum.example.org/phpbb")
    if bool(settings.username) != bool(settings.password):
        missing = "password" if settings.username else "username"
        wrong.append(f"{missing}: is missing; an account needs both, and without one nothing is posted")
    wrong += too_small(settings, min_interval=1.0)
    refused(wrong)
    return Rules(rooted(address), told, settings.dates)
