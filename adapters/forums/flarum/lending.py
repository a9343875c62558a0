"""People's own accounts: a name with a password, or with a token that they made for us, is tried once.

A password is given to the forum for a token and is not kept; the token lasts until it is not used for five years, or
is revoked.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from adapters.engines.logins import held, kept, name_and_password
from adapters.forums.flarum import addresses
from adapters.forums.flarum.acting import Held
from adapters.forums.flarum.client import Client, Key, answered, own
from adapters.forums.flarum.rows import ListPage, Token, TokenRow, UserPage
from adapters.items import each
from bot.errors import Gone, LoginRejected, NotAllowed, OutcomeUnknown, Refused, Unparsable
from bot.model import Invitation, Login

_WORDS = (
    "Answer with the user name of your account on {root} on one line and its password on the next one. In place of "
    "the password you may give a token that you made there (Settings, Security, “New token”). The password is not "
    "kept: the forum gives a token for it, which is deleted again when you disconnect the account."
)

_TOKEN = re.compile(r"[A-Za-z0-9]{40}")
"""What a token of Flarum looks like."""


class Lending:
    """Connects accounts of people, and lets go of them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def invitation(self) -> Invitation:
        """What a person is to answer."""
        return Invitation(_WORDS.format(root=self._client.root), f"{self._client.root}/settings")

    async def connect(self, answer: str) -> Login:
        """The account that a name opens together with a password, or with a token, after it was tried."""
        name, secret = name_and_password(answer)
        login = await self._by_token(name, secret) if _TOKEN.fullmatch(secret) else None
        return login or await self._by_password(name, secret)

    async def disconnect(self, login: Login) -> None:
        """Have the forum delete the token; one that is dead is no error, and old forums cannot do it."""
        try:
            found = held(login, Held)
            if not addresses.is_id(found.id):
                return
            key = Key(found.token, found.user, login.name)
            await self._client.send("DELETE", f"/access-tokens/{found.id}", f"the token of {login.name}", key)
        except (LoginRejected, NotAllowed, Gone, Refused, OutcomeUnknown):
            return

    async def _by_token(self, name: str, token: str) -> Login | None:
        """The account of a token; None where it is none of that account, for it may be a password."""
        path = f"/users/{quote(name, safe='')}"
        try:
            row = (
                await self._client.read(path, UserPage, "the account", Key(token, "0", name), params=[("bySlug", "1")])
            ).data
        except (Gone, NotAllowed, LoginRejected):
            return None
        return await self._login(str(row.id), token) if own(row) else None

    async def _by_password(self, name: str, password: str) -> Login:
        data = {"identification": name, "password": password, "remember": True}
        try:
            answer = await self._client.send("POST", "/token", "the login", None, data)
        except (LoginRejected, Gone, NotAllowed, Refused):
            raise LoginRejected(
                f"{self._client.root} does not take that name with that password. Look whether both are right, "
                "and whether the account was confirmed by mail."
            ) from None
        made = answered(answer, Token, "the login")
        return await self._login(str(made.userId), made.token)

    async def _login(self, user: str, token: str) -> Login:
        told = (await self._client.who(Key(token, user, "your account"))).attributes
        name = told.displayName or told.username
        mine = Held(token, user, told.username, await self._listed(Key(token, user, name)))
        return Login(user, name, kept(mine))

    async def _listed(self, key: Key) -> str:
        """Under which number the forum lists a token; of those that it gives for passwords, the newest is ours."""
        try:
            page = await self._client.read("/access-tokens", ListPage, "the tokens", key)
        except (Gone, NotAllowed, LoginRejected, Unparsable):
            return ""  # it lists none before 1.7
        rows, _ = each(page.data, TokenRow, lambda one: one)
        mine = [row for row in rows if str(row.attributes.userId) == key.user]
        named = [row for row in mine if row.attributes.token == key.token]
        newest = [row for row in mine if row.attributes.isSessionToken]
        ids = [str(row.id) for row in named or newest]
        return max((id for id in ids if addresses.is_id(id)), key=int, default="")
