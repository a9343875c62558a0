"""Commands as they are given in chats: by whom, and for whose community."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from bot.commands.catalogue import carry_out
from bot.commands.desk import Desk
from bot.commands.suggesting import suggest
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, ChatName, ChatPerson, Commanded, Suggestion, Typing, Where
from bot.redaction import words_of
from bot.store.communities import ensure_community, known_community


class Callers:
    """Whoever gives commands in a chat; `operators` are those who see every community, as CHAT:ID."""

    def __init__(self, desk: Desk, operators: Collection[str]) -> None:
        self._desk = desk
        self._operators = operators

    async def carry(self, chat: ChatName, command: Commanded) -> Answer:
        """Carry out a command that was given in a chat."""
        community = await self._desk.store.write(ensure_community, chat, command.community, chat)
        caller = await self._caller(chat, community, command.person, command.where, command.pressed)
        caller = msgspec.structs.replace(caller, message=command.message, given=command)
        try:
            words = self._desk.accounts.typed(chat, command)
        except ThreadlineError as error:
            return Answer(words_of(error), {"error": type(error).__name__}, ok=False)
        answer = await carry_out(self._desk, caller, command.group, words)
        text = self._desk.confiding.sealed(chat, command.person.id, answer)
        return msgspec.structs.replace(answer, text=text)

    async def suggest(self, chat: ChatName, typing: Typing) -> tuple[Suggestion, ...]:
        """What somebody may mean who types a command in a chat; changes nothing."""
        community = await self._desk.store.read(known_community, chat, typing.community)
        if community is None:
            return ()
        caller = await self._caller(chat, community, typing.person, typing.where)
        return await suggest(self._desk, caller, typing.group, typing.parameter, typing.typed)

    async def _caller(
        self, chat: ChatName, community: int, person: ChatPerson, where: Where, pressed: bool = False
    ) -> Caller:
        return Caller(
            chat,
            community,
            person.name,
            admin=person.admin,
            operator=f"{chat}:{person.id}" in self._operators,
            where=where,
            id=person.id,
            sign=(await self._desk.chat(chat)).caps.sign,
            pressed=pressed,
            anybody=person.anybody,
        )
