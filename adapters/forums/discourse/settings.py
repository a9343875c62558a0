"""What can be set for a Discourse."""

from __future__ import annotations

import re

import msgspec

from adapters.engines.addresses import rooted
from adapters.engines.settings import Rules, leave_wrong, no_site, odd_signs, refused, too_small
from bot.ports import Secret

GUEST_PAUSE = 60.0
"""Seconds for which Discourse shows guests the same answer again, however much was posted meanwhile."""

NAME = re.compile(r"[\w.-]{1,60}")
"""What a user of Discourse is called."""

_TOKEN = re.compile(r"[!-~]{1,512}")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one Discourse; its address is all that reading needs."""

    address: str = ""
    """Where it stands, with the folder where it has one: "https://talk.example" or "https://example.org/forum"."""
    api_key: Secret = Secret("")
    """A key of its page /admin/api/keys, for writing and for what guests cannot read."""
    username: str = ""
    """The account that the key acts for."""
    impersonate: str = ""
    """Who may let somebody in a chat post as a user of the forum: "operators" or "admins"; empty: nobody."""
    user_api_key: Secret = Secret("")
    """In place of `api_key`: a key that an ordinary account made for programs."""
    webhook_secret: Secret = Secret("")
    """The secret of a webhook that the forum calls, where it does."""
    min_interval: float = GUEST_PAUSE
    """Seconds between two readings of one board or thread, at least."""
    max_interval: float = 900.0
    """Seconds after which a board is read again however quiet it is."""
    requests: float | None = None
    """Requests a minute; by default what Discourse allows as it is delivered: 60, with an ordinary account's key 20."""


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = no_site(settings.address)
    for field in ("api_key", "user_api_key"):
        wrong += odd_signs(field, getattr(settings, field), _TOKEN)
    if settings.api_key and settings.user_api_key:
        wrong.append("user_api_key: there is an api_key besides; keep one of them")
    if settings.api_key and not NAME.fullmatch(settings.username):
        wrong.append("username: name the account that the api_key acts for, as the forum spells it")
    wrong += leave_wrong(settings.impersonate, "an api_key for all users", bool(settings.api_key))
    wrong += too_small(settings, min_interval=1.0, max_interval=settings.min_interval, requests=1.0)
    refused(wrong)
    return Rules(rooted(settings.address))
