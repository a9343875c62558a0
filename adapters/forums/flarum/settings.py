"""What can be set for a Flarum."""

from __future__ import annotations

import re

import msgspec

from adapters.engines.addresses import rooted
from adapters.engines.settings import Rules, no_site, odd_signs, refused, too_small
from bot.ports import Secret

_TOKEN = re.compile(r"[!-:<-~]{1,512}")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one Flarum; its address is all that reading needs."""

    address: str = ""
    """Where it stands, with the folder where it has one: "https://talk.example" or "https://example.org/forum"."""
    token: Secret = Secret("")
    """For writing and for what guests cannot read: a key of the site, or a token of the account itself."""
    user_id: str = ""
    """The number of the account that acts."""
    min_interval: float = 15.0
    """Seconds between two readings of one board or thread, at least."""
    max_interval: float = 900.0
    """Seconds after which a board is read again however quiet it is."""
    requests: float = 60.0
    """Requests a minute; Flarum itself has no limit for readers, the host that it stands on may have one."""


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = [*no_site(settings.address), *odd_signs("token", settings.token, _TOKEN)]
    if bool(settings.token) != bool(settings.user_id):
        wrong.append("user_id: token and user_id belong together; set both, or neither for reading only")
    if settings.user_id and not (settings.user_id.isascii() and settings.user_id.isdigit()):
        wrong.append(f"user_id: {settings.user_id!r} is no number; {settings.address}/api/users/NAME?bySlug=1 tells it")
    wrong += too_small(settings, min_interval=1.0, max_interval=settings.min_interval, requests=1.0)
    refused(wrong)
    return Rules(rooted(settings.address))
