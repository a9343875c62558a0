"""Whose account acts: that of the settings, one that a person connected, or a user's for whom our own key acts.

A key of the administrators for all users acts for whomever it names, by the name that they bear now. Names are changed
and taken by others, and users become moderators: so it is asked who it is before each act, and ids are compared.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from adapters.engines.logins import held, kept, ours_is_good
from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.rows import CurrentUser, UserPage
from adapters.forums.discourse.settings import NAME, Settings
from bot.errors import Gone, LoginRejected, NotAllowed, Refused
from bot.model import Login

EVERYBODY = "system"
"""A user that every Discourse has: a key that acts for it acts for all."""


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
    """Finds the account that acts; `lends` says whether our own key may act for others."""

    def __init__(self, client: Client, ours: Key | None, username: str, lends: bool = False) -> None:
        self._client = client
        self._ours = ours
        self._name = username
        self._lends = lends

    def key(self, login: Login | None) -> Key:
        """The key of a login, or that of the settings; NotAllowed where there is none."""
        if login is not None:
            return self._for(login.name) if self._lends and not login.secret else key_of(login)
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

    async def vouched(self, login: Login | None) -> None:
        """Raises LoginRejected where our key would act for somebody else than it may, or for one of the staff.

        Unreachable where our key opens nothing at all any more: that is not theirs to mend.
        """
        if login is None or login.secret or not self._lends:
            return
        try:
            there = (await self._client.who(self.key(login))).current_user
        except LoginRejected:
            await ours_is_good(self._client.who(self.key(None)), login.name)
            raise LoginRejected(
                f"{self._client.root} does not let our key act for {login.name} any more: they are suspended or called "
                "otherwise, or the key is one for a single user now."
            ) from None
        if str(there.id) != login.id:
            raise LoginRejected(
                f"{self._client.root}: {login.name} is another user now; name the one that is meant again."
            )
        if _staff(there):
            raise LoginRejected(f"{self._client.root}: {login.name} is of the staff now, for whom nobody else speaks.")

    async def user(self, name: str) -> Login:
        """The user of that name, for whom our key acts; it is asked whether it does."""
        name = name.strip().removeprefix("@")
        if not self._lends:
            raise NotAllowed(
                f"Nobody may act for others on {self._client.root}: its setting `impersonate` names nobody."
            )
        if not NAME.fullmatch(name):
            raise Gone(f"{name[:80]!r} is no user name on {self._client.root}; write it as the forum does.")
        path, what = f"/u/{quote(name, safe='')}.json", f"the user {name}"
        found = (await self._client.read(path, UserPage, what, self._ours)).user
        try:
            there = (await self._client.who(self._for(found.username))).current_user
        except LoginRejected as error:
            raise NotAllowed(
                f"The api_key of {self._client.root} does not act for {found.username}: it is one for a single user, "
                f"or they are suspended. Make one with the user level “All Users”. ({error})"
            ) from error
        if _staff(there):
            raise Refused(f"{there.username} is of the forum's staff: nobody else speaks for them. Name another user.")
        return Login(str(there.id), there.username, "")

    async def probe(self) -> None:
        """Raises NotAllowed where our key is to act for others, and does not."""
        if not self._lends:
            return
        try:
            await self._client.who(self._for(EVERYBODY))
        except LoginRejected as error:
            raise NotAllowed(
                f"{self._client.root}: `impersonate` is set, and the api_key is one for a single user. Make one with "
                "the user level “All Users”, or leave `impersonate` out."
            ) from error

    def _for(self, username: str) -> Key:
        """Our own key, acting for a user."""
        return Key.of_admin(self.key(None).value, username)


def _staff(one: CurrentUser) -> bool:
    return one.admin or one.moderator or one.id <= 0
