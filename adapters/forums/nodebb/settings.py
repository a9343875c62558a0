"""What can be set for a NodeBB."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from adapters.engines.addresses import rooted
from bot.errors import SettingsError
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
    min_interval: float = 15.0
    """Seconds between two readings of one board or thread, at least."""
    max_interval: float = 900.0
    """Seconds after which a board is read again however quiet it is."""
    spacing: float = 1.0
    """Seconds between two readings of whatever there, at least."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that were checked."""

    root: str
    """Scheme, host and folder, without a slash at the end."""

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.root).netloc


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = []
    root = rooted(settings.address)
    if not root:
        wrong.append(f"address: {settings.address!r} is no site, write one like 'https://talk.example'")
    if settings.token and not TOKEN.fullmatch(settings.token.reveal()):
        wrong.append("token: it holds signs that no token has; copy it again from the forum")
    if settings.uid < 0:
        wrong.append(f"uid: {settings.uid} is no account; write the number that stands on its page, or leave it out")
    if settings.uid and not settings.token:
        wrong.append("uid: it goes with a master token; set that as token, or leave uid out")
    for field, least in (("min_interval", 1.0), ("max_interval", settings.min_interval), ("spacing", 0.0)):
        value = getattr(settings, field)
        if not (math.isfinite(value) and value >= least):
            wrong.append(f"{field}: {value} is too small, write a number of seconds from {least:g} up")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Rules(root)
