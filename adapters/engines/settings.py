"""Pure: what is wrong with the settings of a site, a line for each mistake, with what to write instead."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from adapters.engines.addresses import rooted
from bot.errors import SettingsError
from bot.ports import Secret

LEAVE = ("operators", "admins")
"""Who may let somebody in a chat post as a user of the forum; an empty setting names nobody."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that were checked, of an engine that needs no more than an address."""

    root: str
    """Scheme, host and folder, without a slash at the end."""

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.root).netloc


def no_site(address: str, *, kind: str = "site", like: str = "https://talk.example") -> list[str]:
    """Where an address is none that something can stand below."""
    return [] if rooted(address) else [f"address: {address!r} is no {kind}, write one like {like!r}"]


def too_small(settings: msgspec.Struct, **least: float) -> list[str]:
    """Which of some numbers, where they are set, are none or smaller than they may be."""
    values = [(field, getattr(settings, field), bound) for field, bound in least.items()]
    return [
        f"{field}: {value} is too small, write a number from {bound:g} up"
        for field, value, bound in values
        if value is not None and not (math.isfinite(value) and value >= bound)
    ]


def odd_signs(field: str, secret: Secret, form: re.Pattern[str]) -> list[str]:
    """Where a secret, if it is set, cannot be one that the forum gave: it is not said."""
    if not secret or form.fullmatch(secret.reveal()):
        return []
    return [f"{field}: it holds signs that none has, or too few; copy it again from the forum"]


def leave_wrong(impersonate: str, key: str, there: bool) -> list[str]:
    """What is wrong with who may let others act as users of a forum; `key` is what that takes, if it is not `there`."""
    if impersonate not in ("", *LEAVE):
        known = " or ".join(f'"{one}"' for one in LEAVE)
        return [f"impersonate: {impersonate!r} is nobody; write {known}, or leave it out"]
    if impersonate and not there:
        return [f"impersonate: it takes {key}; set that too, or leave impersonate out"]
    return []


def zone(name: str) -> ZoneInfo | None:
    """The time zone of that name, None where there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; folders and odd paths the others
        return None


def no_zone(name: str, like: str) -> str:
    """That there is no time zone of that name."""
    near = difflib.get_close_matches(name, available_timezones(), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"timezone: {name!r} is no time zone, write a name like {like!r}{hint}"


def refused(wrong: Sequence[str]) -> None:
    """Raises SettingsError where something is wrong."""
    if wrong:
        raise SettingsError("\n".join(wrong))
