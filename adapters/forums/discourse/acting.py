"""Whose account acts: that of the settings, or one that a person connected."""

from __future__ import annotations

import msgspec

from adapters.engines.logins import held, kept
from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.settings import Settings
from bot.errors import NotAllowed
from bot.model import Login


class Held(msgspec.Struct, frozen=True):
    """What the secret of a person's login holds."""

    key: str


def ours(settings: Settings) -> Key | None:
    """The key of the settings; None where there is none."""
    if settings.api_key:
        return Key.of_admin(settings.api_key.reveal(), settings.username)
    if settings.user_api_key:
        return Key.of_user(settings.user_api_key.reveal())
    return None


def kept_of(key: str) -> str:
    """What is kept of a person's key, sealed by whoever keeps it."""
    return kept(Held(key))


def key_of(login: Login) -> Key:
    """The key of a person's login."""
    return Key.of_user(held(login, Held).key, login.name)


class Accounts:
    """Finds the account that acts."""

    def __init__(self, client: Client, ours: Key | None, username: str) -> None:
        self._client = client
        self._ours = ours
        self._name = username

    def key(self, login: Login | None) -> Key:
        """The key of a login, or that of the settings; NotAllowed where there is none."""
        if login is not None:
            return key_of(login)
        if self._ours is None:
            raise NotAllowed(
                f"Nothing can be posted to {self._client.root}: set an api_key with its username, "
                "or let people connect their own accounts."
            )
        return self._ours

    async def name(self, login: Login | None) -> str:
        """What the account is called that acts."""
        if login is not None:
            return login.name
        if not self._name:
            self._name = (await self._client.who(self.key(None))).current_user.username
        return self._name
