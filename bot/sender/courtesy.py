"""What people are told beside their messages: the fate of a reply as a reaction, reasons and answers as private words.

Both can be repeated without harm, so their truth is a row that says what is owed, and no delivery.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot import errors
from bot.clock import Clock
from bot.model import ChannelRef, MessageId, ThreadRef, UserId, Where
from bot.ports import Chat, Log
from bot.store import Store
from bot.store.inbox import FATE_REACTIONS, fate_shown, unshown_fates
from bot.store.whispers import whisper_failed, whispered, whispers

TRIES = 8
"""Failures after which private words are given up."""


class Courtesy:
    """Shows fates and says private words."""

    def __init__(self, store: Store, chats: Mapping[str, Chat], clock: Clock, log: Log) -> None:
        self._store = store
        self._chats = chats
        self._clock = clock
        self._log = log

    async def pay(self) -> None:
        """Show and say everything that is owed; what fails is tried again the next time."""
        for fate in await self._store.read(unshown_fates):
            chat = self._chats.get(fate.chat)
            if chat is None:
                continue
            try:
                await chat.react(fate.where, MessageId(fate.message), FATE_REACTIONS[fate.fate])
            except (errors.Gone, errors.Refused):
                pass  # the message is not there any more, or takes no reactions: nothing to show it on
            except Exception as error:
                self._log.warning("fate not shown", chat=fate.chat, error=repr(error))
                continue
            await self._store.write(fate_shown, fate.reply, fate.fate)
        for owed in await self._store.read(whispers):
            chat = self._chats.get(owed.chat)
            if chat is None:
                continue
            where = Where(ChannelRef(owed.channel), ThreadRef(owed.thread))
            try:
                await chat.tell(where, UserId(owed.person), owed.text, owed.key)
            except (errors.Gone, errors.Refused, errors.NotAllowed) as error:
                self._log.warning("private words dropped", chat=owed.chat, error=str(error))
                await self._store.write(whispered, owed.id, "dropped")
            except Exception as error:
                self._log.warning("private words not said", chat=owed.chat, error=repr(error))
                if owed.attempts + 1 >= TRIES:
                    await self._store.write(whispered, owed.id, "dropped")
                else:
                    await self._store.write(whisper_failed, owed.id)
            else:
                await self._store.write(whispered, owed.id, "sent")
