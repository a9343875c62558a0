"""Whose account acts: that of the settings, or one that a person connected."""

from __future__ import annotations

import html

import msgspec

from adapters.engines.lately import Lately
from adapters.engines.logins import held, kept
from adapters.forums.nodebb.client import Client, Key
from adapters.forums.nodebb.settings import TOKEN, Settings
from bot.errors import NotAllowed, Refused, Unparsable
from bot.model import Login

INVITED = (
    "Send the API token of your account on this forum here. Administrators make such tokens, in their control panel "
    "under Manage, API Access: ask one of them for a token of your account. Whoever has it can post in your name; to "
    "take it back, have it deleted there."
)

KEPT = 1_000
"""Accounts whose names are remembered."""


class Held(msgspec.Struct, frozen=True):
    """What the secret of a person's login holds."""

    token: str


class Who(msgspec.Struct, frozen=True):
    """An account, with the name that its posts bear and the one that its pages have."""

    uid: str
    name: str
    slug: str


def ours(settings: Settings) -> Key | None:
    """The token of the settings; None where there is none."""
    return Key(settings.token.reveal(), uid=settings.uid) if settings.token else None


def key_of(login: Login) -> Key:
    """The token of a person's login."""
    return Key(held(login, Held).token, login.name)


class Accounts:
    """Finds the account that acts."""

    def __init__(self, client: Client, ours: Key | None) -> None:
        self._client = client
        self._ours = ours
        self._names = Lately[Key, Who](KEPT)

    def key(self, login: Login | None) -> Key:
        """The token of a login, or that of the settings; NotAllowed where there is none."""
        if login is not None:
            return key_of(login)
        if self._ours is None:
            raise NotAllowed(
                f"Nothing can be posted to {self._client.root}: set a token, or let people connect their own accounts."
            )
        return self._ours

    async def who(self, key: Key) -> Who:
        """The account that a token acts for; asked once."""
        if key not in self._names:
            self._names.keep(key, await self._asked(key))
        return self._names[key]

    async def connected(self, answer: str) -> Login:
        """The account that a person's token opens, after it was tried."""
        token = answer.strip()
        if not TOKEN.fullmatch(token):
            raise Refused("That is no API token: it consists of letters, figures and dashes. Copy all of it, alone.")
        who = await self._asked(Key(token, "your account"))
        return Login(who.uid, who.name, kept(Held(token)))

    async def _asked(self, key: Key) -> Who:
        user = await self._client.who(key)
        name = html.unescape(user.displayname or user.username or "")
        if user.uid is None or not name or not user.userslug:
            raise Unparsable(f"{self._client.root} does not say whom the token of {key.owner} is of", "an account")
        return Who(str(user.uid), name, user.userslug)
