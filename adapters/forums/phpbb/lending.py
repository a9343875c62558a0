"""People's own accounts: name and password are tried once, and kept with their login, sealed wherever that is.

A session would not do: a board forgets it after an hour, and the key that renews it changes at every use.
"""

from __future__ import annotations

from adapters.engines.logins import kept, name_and_password
from adapters.forums.phpbb.client import Client
from adapters.forums.phpbb.sessions import Account, Sessions
from bot.errors import LoginRejected, NotAllowed, Unparsable
from bot.model import Invitation, Login

_WORDS = (
    "Answer with the user name of your account on {base} on one line and its password on the next one. phpBB has no "
    "keys for programs: the password itself is kept here, sealed, until you disconnect the account. Do not give one "
    "that you use elsewhere."
)


class Lending:
    """Connects accounts of people, and lets go of them."""

    def __init__(self, client: Client, sessions: Sessions) -> None:
        self._client = client
        self._sessions = sessions

    def invitation(self) -> Invitation:
        """What a person is to answer."""
        return Invitation(_WORDS.format(base=self._client.base))

    async def connect(self, answer: str) -> Login:
        """The account that a name and a password open, after it was tried."""
        account = Account(*name_and_password(answer))
        session = await self._sessions.of(account)
        return Login(session.user, account.name, kept(account))

    async def disconnect(self, login: Login) -> None:
        """End the account's session; the password is the person's own, and only they can change it."""
        try:
            await self._sessions.end(Account.of(login))
        except (LoginRejected, NotAllowed, Unparsable):
            return
