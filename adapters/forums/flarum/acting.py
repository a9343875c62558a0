"""Whose account acts: that of the settings, or one that a person connected."""

from __future__ import annotations

import msgspec

from adapters.engines.logins import held
from adapters.forums.flarum.client import Client, Key
from adapters.forums.flarum.settings import Settings
from bot.errors import NotAllowed
from bot.model import Login


class Held(msgspec.Struct, frozen=True):
    """What the secret of a person's login holds."""

    token: str
    user: str
    username: str
    id: str = ""
    """Under which number the forum lists the token; empty where it does not."""


class Account(msgspec.Struct, frozen=True):
    """An account by both of its names: the one that it logs in with, and the one that people read."""

    username: str
    name: str


def ours(settings: Settings) -> Key | None:
    """The key of the settings; None where there is none."""
    return Key(settings.token.reveal(), settings.user_id) if settings.token else None


def key_of(login: Login) -> Key:
    """The key of a person's login."""
    found = held(login, Held)
    return Key(found.token, found.user, login.name)


class Accounts:
    """Finds the account that acts."""

    def __init__(self, client: Client, ours: Key | None) -> None:
        self._client = client
        self.ours = ours

    def key(self, login: Login | None) -> Key:
        """The key of a login, or that of the settings; NotAllowed where there is none."""
        if login is not None:
            return key_of(login)
        if self.ours is None:
            raise NotAllowed(
                f"Nothing can be posted to {self._client.root}: set a token with its user_id, "
                "or let people connect their own accounts."
            )
        return self.ours

    async def known(self, login: Login | None) -> Account:
        """The account that acts, by the forum's own word: what it then tells, it tells that account."""
        told = (await self._client.who(self.key(login))).attributes
        return Account(told.username, told.displayName or told.username)
