"""People's accounts: asked for, tried, kept sealed or granted, opened for the moment of an act, given back."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import msgspec

from bot.clock import Clock
from bot.errors import AdapterError, LoginRejected, NotFound, Refused
from bot.jobs import Job
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
    invitation,
    keep_invitation,
    means,
    owner,
    refuse_means,
    sealed_account,
)
from bot.store.forums import ensure_forum
from bot.store.in_names import Somebody, account_connected, account_taken_back
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

    async def answer(self, person: int, opened: OpenForum, answer: str, who: Somebody) -> Account:
        """Try what a person answered, and keep the account that it opens: noted as done in the name of `who` asked.

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
        await self._store.write(account_connected, who, person, opened.name, kept, sealed, self._clock.now())
        return kept

    async def give_back(self, person: int, opened: OpenForum, who: Somebody) -> bool:
        """Forget a person's account, and have the forum forget our key to it; whether there was one."""
        kept = await self._store.read(account, person, opened.name)
        if kept is not None and isinstance(opened.forum, ConnectsAccounts):
            with suppress(AdapterError):  # gone here, whatever the forum says
                login = await self.login(opened.name, kept.id)
                async with opened.gate.write():
                    await opened.forum.disconnect(login)
        return await self._store.write(account_taken_back, who, person, opened.name, self._clock.now())

    def hidden(self, chat: str, batch: Batch) -> Batch:
        """Events as they may be stored: what somebody typed that opens something is sealed."""
        events = [self._hidden(chat, event) for event in batch.events]
        return msgspec.structs.replace(batch, events=tuple(events)) if list(batch.events) != events else batch

    def _hidden(self, chat: str, event: Event) -> Event:
        before = _confided(event) if isinstance(event, Commanded) else 0
        if not isinstance(event, Commanded) or not before or len(event.words) <= before:
            return event
        whose, typed = f"{chat}:{event.person.id}", msgspec.json.encode(_behind(event, before)).decode()
        sealed = self._sealer().seal(ANSWER, whose, typed, remembered=False).decode()
        return msgspec.structs.replace(event, words=(*event.words[:before], f"{SEALED}{sealed}"), typed="")

    def typed(self, chat: str, command: Commanded) -> Sequence[str]:
        """The words of a command as they were typed; raises `LoginRejected` where what is sealed cannot be opened."""
        if not _confided(command) or not command.words[-1].startswith(SEALED):
            return command.words
        sealed, whose = command.words[-1].removeprefix(SEALED).encode(), f"{chat}:{command.person.id}"
        typed = self._sealer().unseal(ANSWER, whose, sealed, remembered=False)
        return (*command.words[:-1], *msgspec.json.decode(typed, type=list[str]))

    async def login(self, forum: str, id: str) -> Login:
        """An account with what opens it; raises `Refused` where nobody lets us use it any more."""
        found = await self._store.read(sealed_account, forum, id)
        if found is None:
            raise Refused(say("accounts.given_back", forum=forum))
        name, sealed = found
        return Login(id, name, self._sealer().unseal(PURPOSE, owner(forum, id), sealed))

    async def of_job(self, opened: OpenForum, login: Login, job: Job) -> Login:
        """As whom a delivery goes out: with what opens its author's own account, or granted to them, without a secret.

        Raises `Refused` where they may not use that account any more.
        """
        used = await self._store.read(means, job.subject, job.subject_id, opened.name, login.id)
        if used.sealed is not None:
            return Login(login.id, used.name, self._sealer().unseal(PURPOSE, owner(opened.name, login.id), used.sealed))
        if used.grant is not None and used.grant.valid and opened.forum.caps.impersonates:
            return Login(login.id, used.grant.name, "")
        raise Refused(say("accounts.given_back", forum=opened.name))

    async def rejected(self, forum: str, login: Login, error: LoginRejected, job: Job) -> Refused:
        """What a reply hears whose account the forum does not take any more; that is noted of it, and not of ours."""
        about, why = (job.subject, job.subject_id, forum, login.id), reason_of(error)
        grant = await self._store.write(refuse_means, *about, why, self._clock.now())
        if grant is not None:
            return Refused(say("grants.refused", forum=forum, name=grant.name, why=why))
        return Refused(say("accounts.refused", forum=forum, name=login.name, why=why))

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
    """How many words of a command stand before what opens something, or may where its name is misspelt; 0: nothing."""
    if not command.words:
        return 0
    named = [name for group, name in CONFIDED if group == command.group]
    nearly = difflib.get_close_matches(command.words[0].casefold(), named, 1)
    return CONFIDED.get((command.group, command.words[0]), len(nearly))


def _behind(command: Commanded, before: int) -> list[str]:
    """What stands behind so many words of a command: as it was typed, lines and all, where that is told."""
    parts = command.typed.split(maxsplit=before)
    same = tuple(parts[:before]) == command.words[:before]
    return parts[before:] if same and len(parts) > before else list(command.words[before:])


def _lent(opened: OpenForum) -> ConnectsAccounts:
    if not isinstance(opened.forum, ConnectsAccounts):
        raise NotFound(say("accounts.none", forum=opened.name))
    return cast(ConnectsAccounts, opened.forum)
