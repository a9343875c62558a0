"""People's own accounts: asked for, tried, kept sealed, opened for the moment of an act, given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import msgspec

from bot.clock import Clock
from bot.errors import AdapterError, LoginRejected, NotFound, Refused
from bot.lanes import OpenForum
from bot.model import Answer, Batch, Commanded, Event, Invitation, Login
from bot.ports import ConnectsAccounts
from bot.redaction import reason_of
from bot.secret import known
from bot.store import Store
from bot.store.accounts import (
    PURPOSE,
    Account,
    account,
    connect,
    disconnect,
    invitation,
    keep_invitation,
    owner,
    refuse_account,
    sealed_account,
)
from bot.store.forums import ensure_forum
from bot.store.vault import seal_anew
from bot.texts import say

if TYPE_CHECKING:
    from bot.seal import Sealer

ASKED = "invitation"
"""What the secrets of invitations are sealed for."""

ANSWER, SEALED = "answer", "sealed:"
"""What typed answers are sealed for until their command is carried out, and what stands before one that is."""

CONFIDED = {("forum", "connect"): 2, ("forum", "link"): 1}
"""Commands behind which something may stand that opens a thing, and how many of their words stand before it."""


class Accounts:
    """The accounts that people let us use; `sealer` is asked only where there is one."""

    def __init__(self, store: Store, sealer: Callable[[], Sealer], clock: Clock) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock

    async def invite(self, person: int, opened: OpenForum) -> Invitation:
        """Ask a person for their account on a forum: what they are to do; `NotFound` where nobody can lend any."""
        forum = _lent(opened)
        async with opened.gate.poll():
            made = await forum.invite()
        row = await self._store.write(ensure_forum, opened.name, opened.adapter, opened.settings)
        sealed = self._sealer().seal(ASKED, f"{person}:{opened.name}", made.secret)
        await self._store.write(keep_invitation, person, row, sealed, self._clock.now())
        return made

    async def answer(self, person: int, opened: OpenForum, answer: str) -> Account:
        """Try what a person answered, and keep the account that it opens.

        Raises `NotFound` where they were not asked, or long ago, and what `ConnectsAccounts.connect` raises.
        """
        forum = _lent(opened)
        known.add(answer)  # no error may tell it
        asked = await self._store.read(invitation, person, opened.name, self._clock.now())
        if asked is None:
            raise NotFound(say("accounts.not_asked", forum=opened.name))
        secret = self._sealer().unseal(ASKED, f"{person}:{opened.name}", asked)
        async with opened.gate.write():
            login = await forum.connect(secret, answer)
        kept = Account(opened.name, login.id, login.name)
        sealed = self._sealer().seal(PURPOSE, owner(opened.name, login.id), login.secret)
        await self._store.write(connect, person, opened.name, kept, sealed, self._clock.now())
        return kept

    async def give_back(self, person: int, opened: OpenForum) -> bool:
        """Forget a person's account, and have the forum forget our key to it; whether there was one."""
        kept = await self._store.read(account, person, opened.name)
        if kept is not None and isinstance(opened.forum, ConnectsAccounts):
            with suppress(AdapterError):  # gone here, whatever the forum says
                login = await self.login(opened.name, kept.id)
                async with opened.gate.write():
                    await opened.forum.disconnect(login)
        return await self._store.write(disconnect, person, opened.name)

    def hidden(self, chat: str, batch: Batch) -> Batch:
        """Events as they may be stored: what somebody typed that opens something is sealed."""
        events = [self._hidden(chat, event) for event in batch.events]
        return msgspec.structs.replace(batch, events=tuple(events)) if list(batch.events) != events else batch

    def _hidden(self, chat: str, event: Event) -> Event:
        before = _confided(event) if isinstance(event, Commanded) else 0
        if not isinstance(event, Commanded) or not before or len(event.words) <= before:
            return event
        typed = " ".join(event.words[before:])
        sealed = self._sealer().seal(ANSWER, f"{chat}:{event.person.id}", typed, remembered=False).decode()
        return msgspec.structs.replace(event, words=(*event.words[:before], f"{SEALED}{sealed}"))

    def typed(self, chat: str, command: Commanded) -> Sequence[str]:
        """The words of a command as they were typed; raises `LoginRejected` where what is sealed cannot be opened."""
        if not _confided(command) or not command.words[-1].startswith(SEALED):
            return command.words
        sealed, whose = command.words[-1].removeprefix(SEALED).encode(), f"{chat}:{command.person.id}"
        return (*command.words[:-1], self._sealer().unseal(ANSWER, whose, sealed, remembered=False))

    async def login(self, forum: str, id: str) -> Login:
        """An account with what opens it; raises `Refused` where nobody lets us use it any more."""
        found = await self._store.read(sealed_account, forum, id)
        if found is None:
            raise Refused(say("accounts.given_back", forum=forum))
        name, sealed = found
        return Login(id, name, self._sealer().unseal(PURPOSE, owner(forum, id), sealed))

    async def rejected(self, forum: str, login: Login, error: LoginRejected) -> Refused:
        """What a reply hears whose account the forum does not take any more; that is noted of it, and not of ours."""
        await self._store.write(refuse_account, forum, login.id, reason_of(error))
        return Refused(say("accounts.refused", forum=forum, name=login.name, why=reason_of(error)))

    async def renew_key(self) -> Answer:
        """Seal everything with a new key, and forget the old ones: who copied them opens nothing that is stored now.

        Wherever it is interrupted, nothing is lost: the old keys leave the file when nothing needs them any more.
        """
        sealer = self._sealer()
        sealer.renew()
        renewed = await self._store.write(seal_anew, sealer.rotate)
        sealer.forget_old_keys()
        lines = [say("accounts.renewed", renewed.sealed), *(say("accounts.lost", what=one) for one in renewed.lost)]
        return Answer("\n".join(lines), {"sealed": renewed.sealed, "lost": list(renewed.lost)})


def _confided(command: Commanded) -> int:
    """How many words of a command stand before what opens something; 0 where nothing does."""
    return CONFIDED.get((command.group, command.words[0]), 0) if command.words else 0


def _lent(opened: OpenForum) -> ConnectsAccounts:
    if not isinstance(opened.forum, ConnectsAccounts):
        raise NotFound(say("accounts.none", forum=opened.name))
    return cast(ConnectsAccounts, opened.forum)
