"""What can be set for a NodeBB."""

from __future__ import annotations

import re

import msgspec

from adapters.engines.addresses import rooted
from adapters.engines.settings import Rules, leave_wrong, no_site, odd_signs, refused, too_small
from bot.ports import Secret

TOKEN = re.compile(r"[A-Za-z0-9._-]{8,200}")
"""What a token of NodeBB consists of: it makes UUIDs, and plugins may make others."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one NodeBB; its address is all that reading needs."""

    address: str = ""
    """Where it stands, with the folder where it has one: "https://talk.example" or "https://example.org/forum"."""
    token: Secret = Secret("")
    """An API token of the bot's account, for writing and for what guests cannot read."""
    uid: int = 0
    """With a master token: the number of the account that it acts for; a user's token needs none."""
    impersonate: str = ""
    """Who may let somebody in a chat post as a user of the forum: "operators" or "admins"; empty: nobody."""
    min_interval: float = 15.0
    """Seconds between two readings of one board or thread, at least."""
    max_interval: float = 900.0
    """Seconds after which a board is read again however quiet it is."""
    spacing: float = 1.0
    """Seconds between two readings of whatever there, at least."""


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = [*no_site(settings.address), *odd_signs("token", settings.token, TOKEN)]
    if settings.uid < 0:
        wrong.append(f"uid: {settings.uid} is no account; write the number that stands on its page, or leave it out")
    if settings.uid and not settings.token:
        wrong.append("uid: it goes with a master token; set that as token, or leave uid out")
    wrong += leave_wrong(settings.impersonate, "a master token with its uid", bool(settings.token and settings.uid))
    wrong += too_small(settings, min_interval=1.0, max_interval=settings.min_interval, spacing=0.0)
    refused(wrong)
    return Rules(rooted(settings.address))
