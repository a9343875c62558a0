"""Whose account acts: that of the settings, one that a person connected, or a user's for whom our master token acts.

A master token acts for the user whose number is told with it. Users become moderators and change their names, so it is
asked who they are before each act.
"""

from __future__ import annotations

import html
from urllib.parse import quote

import msgspec

from adapters.engines.lately import Lately
from adapters.engines.logins import held, kept, ours_is_good
from adapters.engines.texts import sound
from adapters.forums.nodebb.client import Client, Key
from adapters.forums.nodebb.rows import LARGEST, Self, User
from adapters.forums.nodebb.settings import TOKEN, Settings
from bot.errors import Gone, LoginRejected, NotAllowed, Refused, Unparsable
from bot.model import Login

INVITED = (
    "Send the API token of your account on this forum here. Administrators make such tokens, in their control panel "
    "under Manage, API Access: ask one of them for a token of your account. Whoever has it can post in your name; to "
    "take it back, have it deleted there."
)

LONGEST = 300
"""Characters of a name that are asked for."""

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
    """Finds the account that acts; `lends` says whether our own token may act for others."""

    def __init__(self, client: Client, ours: Key | None, lends: bool = False) -> None:
        self._client = client
        self._ours = ours
        self._lends = lends
        self._names = Lately[Key, Who](KEPT)

    def key(self, login: Login | None) -> Key:
        """The token of a login, or that of the settings; NotAllowed where there is none."""
        if login is not None:
            return self._for(login.id, login.name) if self._lends and not login.secret else key_of(login)
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

    async def vouched(self, login: Login | None) -> None:
        """Raises LoginRejected where our token would act for somebody else than it may, or for one of the staff.

        Unreachable where our token opens nothing at all any more: that is not theirs to mend.
        """
        if login is None or login.secret or not self._lends:
            return
        key = self.key(login)
        try:
            user = await self._client.who(key)
        except LoginRejected:
            await ours_is_good(self._client.who(self.key(None)), login.name)
            raise LoginRejected(
                f"{self._client.root} does not let our token act for {login.name} any more: they are gone, or the "
                "token is one of a single user now."
            ) from None
        if str(user.uid) != login.id:
            raise LoginRejected(f"{self._client.root}: our token does not act for {login.name}; it is no master token.")
        if _staff(user):
            raise LoginRejected(f"{self._client.root}: {login.name} is of the staff now, for whom nobody else speaks.")
        self._names.keep(key, self._told(user, key))

    async def user(self, name: str) -> Login:
        """The user of that name, for whom our token acts; it is asked whether it does."""
        name = name.strip().removeprefix("@")
        if not self._lends:
            raise NotAllowed(
                f"Nobody may act for others on {self._client.root}: its setting `impersonate` names nobody."
            )
        if not name.strip(".") or len(name) > LONGEST:
            raise Gone(f"{name[:80]!r} is no user name on {self._client.root}; write it as the forum does.")
        path, what = f"/api/user/username/{quote(sound(name), safe='')}", f"the user {name}"
        found = await self._client.page(path, User, what, self._ours)
        key = self._for(str(found.uid), name)
        there = await self._client.who(key)
        if str(there.uid) != str(found.uid):
            raise NotAllowed(
                f"The token of {self._client.root} does not act for {name}: it is one of a single user. "
                "Make a master token (user ID 0)."
            )
        if _staff(there):
            raise Refused(f"{name} is of the forum's staff: nobody else speaks for them. Name another user.")
        who = self._told(there, key)
        return Login(who.uid, who.name, "")

    async def probe(self) -> None:
        """Raises NotAllowed where our token is to act for others, and is none that does."""
        if self._lends and not await self._client.is_master(self.key(None)):
            raise NotAllowed(
                f"{self._client.root}: `impersonate` is set, and the token is one of a single user. Make a master "
                "token (user ID 0), or leave `impersonate` out."
            )

    def _for(self, uid: str, name: str) -> Key:
        """Our own token, acting for a user; LoginRejected for what is nobody's number."""
        if not uid.isascii() or not uid.isdigit() or not 0 < int(uid) < LARGEST:
            raise LoginRejected(f"{self._client.root}: {name} has no number for which a master token acts.")
        return Key(self.key(None).value, name, int(uid))

    async def connected(self, answer: str) -> Login:
        """The account that a person's token opens, after it was tried."""
        token = answer.strip()
        if not TOKEN.fullmatch(token):
            raise Refused("That is no API token: it consists of letters, figures and dashes. Copy all of it, alone.")
        who = await self._asked(Key(token, "your account"))
        return Login(who.uid, who.name, kept(Held(token)))

    async def _asked(self, key: Key) -> Who:
        return self._told(await self._client.who(key), key)

    def _told(self, user: User, key: Key) -> Who:
        name = html.unescape(user.displayname or user.username or "")
        if user.uid is None or not name or not user.userslug:
            raise Unparsable(f"{self._client.root} does not say whom the token of {key.owner} is of", "an account")
        return Who(str(user.uid), name, user.userslug)


def _staff(user: Self) -> bool:
    return user.is_admin or user.is_global_moderator or user.is_moderator
