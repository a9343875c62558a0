"""What can be set for a Flarum."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from adapters.engines.addresses import rooted
from bot.errors import SettingsError
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
    if settings.token and not _TOKEN.fullmatch(settings.token.reveal()):
        wrong.append("token: it holds signs that no key has; copy it again")
    if bool(settings.token) != bool(settings.user_id):
        wrong.append("user_id: token and user_id belong together; set both, or neither for reading only")
    if settings.user_id and not (settings.user_id.isascii() and settings.user_id.isdigit()):
        wrong.append(f"user_id: {settings.user_id!r} is no number; {settings.address}/api/users/NAME?bySlug=1 tells it")
    for field, least in (("min_interval", 1.0), ("max_interval", settings.min_interval), ("requests", 1.0)):
        value = getattr(settings, field)
        if not (math.isfinite(value) and value >= least):
            wrong.append(f"{field}: {value} is too small, write a number from {least:g} up")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Rules(root)
