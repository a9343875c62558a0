"""Logins of people: what is kept of them, how they answer with a name and a password, and whose fault a refusal is."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from bot.errors import LoginRejected, Refused, Unreachable
from bot.model import Login
from bot.ports import Secret

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


async def ours_is_good(asked: Awaitable[object], name: str) -> None:
    """Raises Unreachable where our own key is refused when it is `asked` whom it acts for: then it acts for nobody."""
    try:
        await asked
    except LoginRejected as error:
        raise Unreachable(f"Nothing was done for {name}, and it is tried again: {error}") from error


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
    return name, Secret(secret).reveal()  # known from now on: what is said of it will not repeat it
