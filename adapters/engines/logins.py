"""Pure: people's own accounts: what is kept of their logins, and how they answer with a name and a password."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from bot.errors import LoginRejected, Refused
from bot.model import Login

H = TypeVar("H", bound=msgspec.Struct)

LONGEST = 300
"""Characters of a name or password."""


def kept(held: msgspec.Struct) -> str:
    """What is kept of a person's login, sealed by whoever keeps it."""
    return msgspec.json.encode(held).decode()


def held(login: Login, kind: type[H]) -> H:
    """What is kept of a person's login; LoginRejected where it cannot be read."""
    try:
        return msgspec.json.decode(login.secret, type=kind)
    except (msgspec.DecodeError, ValueError):
        raise LoginRejected(f"What is kept of {login.name}'s login cannot be read; connect it again.") from None


def name_and_password(answer: str) -> tuple[str, str]:
    """The two lines of an answer, or the name and what stands behind the last space; Refused where there are no two."""
    told = answer.strip()
    name, _, secret = told.partition("\n")
    if not secret.strip():
        name, _, secret = told.rpartition(" ")
    name, secret = name.strip(), secret.strip()
    usual = name.isprintable() and secret.isprintable() and max(len(name), len(secret)) <= LONGEST
    if not name or not secret or not usual:
        raise Refused("that is no user name with a password; write the name on one line and the password on the next")
    return name, secret
