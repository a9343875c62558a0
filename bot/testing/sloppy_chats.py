"""A chat that breaks one law of the contract at a time: it shows that no law is kept by accident."""

from __future__ import annotations

import asyncio
import enum
import itertools
import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import msgspec

from bot.errors import Gone, LoginRejected, NotAllowed, OutcomeUnknown, RateLimited, Refused, Unreachable
from bot.markup import CONTINUED
from bot.model import (
    NO_MESSAGE,
    Batch,
    Card,
    CardKind,
    ChannelRef,
    ChannelWish,
    ChatCapabilities,
    Commanded,
    Deleted,
    Edited,
    Event,
    Found,
    MessageId,
    Offer,
    Payload,
    Reacted,
    Reaction,
    Receipt,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import media_of
from bot.testing.chat_flaws import ChatFlaw
from bot.testing.chat_world import Shown, Whisper
from bot.testing.chats import ALL, HOUSE
from bot.testing.faults import Faults
from bot.testing.sloppy_files import FileFlaw, SloppyFiles

Replace = msgspec.structs.replace


class SloppyChat(SloppyFiles):
    """A `FakeChat` with flaws."""

    def __init__(self, *flaws: ChatFlaw | FileFlaw, caps: ChatCapabilities = ALL) -> None:
        self.flaws: frozenset[enum.StrEnum] = frozenset(flaws)
        super().__init__(caps)
        self.faults = _SloppyFaults(self.flaws, self.faults.writes)
        self._chance = itertools.count()
        self._restarts = 0
        self._remembered = 0
        if self._has(ChatFlaw.MISSPELT_CAPABILITY):
            self.caps = Replace(caps, read_back="profe")

    def _has(self, flaw: ChatFlaw) -> bool:
        return flaw in self.flaws

    def reopen(self) -> None:
        super().reopen()
        self._restarts += 1
        self._remembered = len(self.messages)
        self._present = len(self.heard)
        if self._has(ChatFlaw.KEYS_IN_MEMORY):
            self._sends.clear()

    def shown(self, where: Where) -> list[Shown]:
        shown = super().shown(where)
        if self._has(ChatFlaw.THREADS_IN_THE_CHANNEL) and not where.thread:
            for place in self.threads:
                shown += super().shown(place)
        return shown[::-1] if self._has(ChatFlaw.NEWEST_FIRST) else shown

    # ---------------------------------------------------------------------------------------------------------- showing

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        if self._has(ChatFlaw.EMPTY_CARDS_VANISH) and card.kind is CardKind.NOTICE and card.body is None:
            return ()
        if self._has(ChatFlaw.TITLES_LOST):
            card = Replace(card, title="")
        if self._has(ChatFlaw.OFFERS_LOST) or self._has(ChatFlaw.FEW_OFFERED):
            card = Replace(card, offers=card.offers[: 5 * self._has(ChatFlaw.FEW_OFFERED)])
        made = super().render(card, None if self._has(ChatFlaw.MORE_THAN_ASKED) else most)
        for one in made:
            if self._has(ChatFlaw.BORDERS_EAT) and one is not made[-1]:
                one["text"] = str(one["text"]).rpartition(" ")[0]
            if self._has(ChatFlaw.CUT_UNSAID):
                one["text"] = str(one["text"]).partition(CONTINUED)[0]
            if self._has(ChatFlaw.ALWAYS_CONTINUED) and one is made[-1] and card.body is not None:
                one["text"] = f"{one['text']}\n{CONTINUED}"
            if self._has(ChatFlaw.RENDERS_BY_CHANCE):
                one["chance"] = next(self._chance)
            if self._has(ChatFlaw.TUPLES_IN_PAYLOADS):
                one["path"] = card.path
            if self._has(ChatFlaw.PINGS):
                one["silent"] = False
            if self._has(ChatFlaw.IMAGES_WITHOUT_WORDS):
                for found in media_of(card.body):
                    one["text"] = str(one["text"]).replace(found.alt, "")
            if self._has(ChatFlaw.PINGS_CUT_OUT):
                one["text"] = re.sub(r"@\w+", "", str(one["text"]))
        if self._has(ChatFlaw.TOO_LONG):
            return ({**made[0], "text": "".join(str(one["text"]) for one in made)},)
        return made[::-1] if self._has(ChatFlaw.PARTS_SHUFFLED) else made

    # ---------------------------------------------------------------------------------------------------------- sending

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        if self._has(ChatFlaw.CHANNELS_AGAIN) and make is not None:
            self.channels.pop(name, None)
            return await super().channel(f"{name}-{next(self._chance)}", make)
        unasked = ChannelWish() if self._has(ChatFlaw.CHANNELS_MADE_UNASKED) else None
        return await super().channel(name, make or unasked)

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        if self._has(ChatFlaw.TOO_LONG) and len(str(payload["text"])) > 2000:
            raise Refused("a message has at most 2000 characters")
        if self._has(ChatFlaw.IMAGES_NEEDED) and ".png" in str(payload["text"]):
            raise Unreachable("the image cannot be had")
        if self._has(ChatFlaw.MISSING_PLACES_REFUSE) and where.channel not in self.channels.values():
            raise Refused("there is no such place")
        if self._has(ChatFlaw.NO_KEYS):
            self._sends.clear()
        if self._has(ChatFlaw.RACING_KEYS):
            first = self._first(key)
            await asyncio.sleep(0)
            if first is None:
                self._sends.pop(key, None)
        if self._has(ChatFlaw.TWINS_SWALLOWED):
            for row in self.messages.values():
                if row.ours and row.text == payload["text"] and not row.deleted:
                    return row.id
        parent = self.messages.get(MessageId(str(payload["reply_to"])))
        if self._has(ChatFlaw.REPLIES_NEED_PARENTS) and parent is not None and parent.deleted:
            raise Refused("the message that is answered is gone")
        if self._has(ChatFlaw.REPLIES_LOST):
            payload = {**payload, "reply_to": ""}
        message = await super().send(where, payload, key)
        if self._has(ChatFlaw.HEARS_ITSELF):
            self.person(HOUSE).react(message, "👀")
        return message

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        anew = self._has(ChatFlaw.THREADS_AGAIN) or (self._has(ChatFlaw.THREADS_IN_MEMORY) and self._restarts)
        if anew and message in self.messages:
            place = Where(where.channel, ThreadRef(f"thread-{message}-{next(self._chance)}"))
            self.threads[place] = message
            return place.thread
        return await super().open_thread(where, message, title, key)

    async def retitle(self, where: Where, title: str) -> None:
        if self._has(ChatFlaw.LONG_NAMES_REFUSED) and len(title) > 100:
            raise Refused("a name has at most 100 characters")
        await super().retitle(where, title)

    async def pin(self, where: Where, message: MessageId) -> None:
        if self._has(ChatFlaw.PINS_ONE):
            self.pins.clear()
        if self._has(ChatFlaw.PINS_ANYTHING) and message not in self.messages:
            return
        await super().pin(where, message)

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        row = self.messages.get(message)
        if self._has(ChatFlaw.BARE_ERRORS) and row is None:
            raise KeyError(message)
        if self._has(ChatFlaw.OTHERS_NOT_CHANGED) and row is not None and not row.ours:
            raise NotAllowed("it is somebody else's message")
        if self._has(ChatFlaw.EDITS_REVIVE) and row is not None:
            row.deleted = False
        if self._has(ChatFlaw.EDITS_AT_THE_END) and row is not None:
            await self.send(where, payload, f"edit {next(self._chance)}")
            return
        if self._has(ChatFlaw.OFFERS_STAY) and row is not None:
            payload = {**payload, "offers": msgspec.to_builtins(row.offers)}
        await super().edit(where, message, payload)

    async def delete(self, where: Where, message: MessageId) -> None:
        if self._has(ChatFlaw.DELETES_ONCE):
            self.standing(message)
        if not self._has(ChatFlaw.DELETES_NOTHING):
            await super().delete(where, message)

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        row = self.standing(message)
        piled = self._has(ChatFlaw.REACTIONS_PILE_UP) and reaction is not None and row.reaction is not None
        if piled or (self._has(ChatFlaw.REACTIONS_STAY) and reaction is None):
            return
        await super().react(where, message, reaction)

    def channel_name(self, channel: ChannelRef) -> str:
        return f"id-{channel}" if self._has(ChatFlaw.CHANNELS_BY_ID) else super().channel_name(channel)

    async def community(self, channel: ChannelRef) -> str:
        return "elsewhere" if self._has(ChatFlaw.CHANNELS_OF_NOBODY) else await super().community(channel)

    def named(self, link: str) -> MessageId:
        if self._has(ChatFlaw.NAMES_NOTHING) or (self._has(ChatFlaw.NAMES_NO_LINKS) and "://" in link):
            raise Gone("there is nothing")
        return MessageId(link) if self._has(ChatFlaw.NAMES_ANYTHING) else super().named(link)

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        if self._has(ChatFlaw.WHISPERS_REPEATED):
            self._tells.clear()
        if self._has(ChatFlaw.WORDS_NEED_MESSAGES) and about:
            self.standing(about)
        if self._has(ChatFlaw.WORDS_ABOUT_ANYTHING):
            about = NO_MESSAGE
        if self._has(ChatFlaw.ANSWERS_OFFER_NOTHING):
            offers = ()
        await super().tell(where, person, text, key, about, offers)
        if self._has(ChatFlaw.WHISPERS_ALOUD):
            for name in ("u-ann", "u-ben"):
                if person != name:
                    self.whispers.append(Whisper(where, UserId(name), text))

    # ---------------------------------------------------------------------------------------------------------- finding

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        if self._has(ChatFlaw.READ_BACK_KNOWS_NO_START):
            after = MessageId("")
        start = self.messages.get(after)
        if self._has(ChatFlaw.READ_BACK_NEEDS_ITS_START) and start is not None and start.deleted:
            return ()
        found = await super().read_back(where, after)
        if self._has(ChatFlaw.READ_BACK_OF_PEOPLE):
            found = (*found, *(Found(row.id, "") for row in self.messages.values() if not row.ours))
        if self._has(ChatFlaw.READ_BACK_IN_MEMORY):
            forgotten = list(self.messages)[: self._remembered]
            found = tuple(one for one in found if one.message not in forgotten)
        return found[::-1] if self._has(ChatFlaw.READ_BACK_NEWEST_FIRST) else found

    # ---------------------------------------------------------------------------------------------------------- hearing

    async def events(self, cursor: str) -> AsyncIterator[Batch]:
        if self._has(ChatFlaw.BARE_ERRORS_ON_CURSORS) and cursor:
            cursor = str(int(cursor))
        if self._has(ChatFlaw.CURSOR_FORGOTTEN) and self._restarts:
            cursor = str(self._present)
        if self._has(ChatFlaw.HEARS_HISTORY):
            cursor = cursor or "0"
        async for batch in super().events(cursor):
            told = tuple(told for event in batch.events for told in self._told(self.told_files(event)))
            if told:
                yield Batch(told, batch.cursor)

    def _told(self, event: Event) -> list[Event]:
        """What is told of one event."""
        for flaw in self.flaws:
            match flaw, event:
                case ChatFlaw.WORDS_FOLDED, Said():
                    return [Replace(event, text=event.text.lower())]
                case ChatFlaw.QUOTES_HEARD, Said() if event.reply_to:
                    return [Replace(event, text=f"> {self.messages[event.reply_to].text}\n\n{event.text}")]
                case ChatFlaw.ANSWERS_NOTHING, Said():
                    return [Replace(event, reply_to=MessageId(""))]
                case ChatFlaw.WHERE_IS_THE_CHANNEL, Said():
                    return [Replace(event, where=Where(event.where.channel))]
                case ChatFlaw.DEAF_TO_EDITS, Edited():
                    return []
                case ChatFlaw.DEAF_TO_DELETIONS, Deleted():
                    return []
                case ChatFlaw.DEAF_TO_LATE_REACTIONS, Reacted(on=False):
                    return []
                case ChatFlaw.DEAF_TO_READERS, Receipt():
                    return []
                case ChatFlaw.DEAF_TO_PRESSES, Commanded(pressed=True):
                    return []
                case ChatFlaw.OFFERS_IN_MEMORY, Commanded(pressed=True) if self._restarts:
                    return []
                case ChatFlaw.PRESSED_BY_ADMINS, Commanded(pressed=True):
                    return [Replace(event, person=Replace(event.person, admin=True))]
                case ChatFlaw.COMMANDS_ARE_WORDS, Commanded():
                    text = f"/{event.group} {' '.join(event.words)}"
                    return [Said(event.id, event.where, MessageId("m0"), event.person, text, "plain", event.at)]
                case ChatFlaw.EVERYBODY_IS_ADMIN, Said():
                    return [Replace(event, person=Replace(event.person, admin=True))]
                case ChatFlaw.HEARD_TWICE, Said() if event.text != "that was all":
                    return [event, event]
                case ChatFlaw.IDS_OF_THE_MESSAGE, (Said() | Edited()):
                    return [Replace(event, id=event.message)]
                case ChatFlaw.IDS_BY_CHANCE, _:
                    return [Replace(event, id=f"{event.id}.{next(self._chance)}")]
        return [event]


class _SloppyFaults(Faults):
    """Raises errors of the wrong class."""

    def __init__(self, flaws: Collection[enum.StrEnum], writes: Collection[str]) -> None:
        super().__init__(writes)
        self._flaws = flaws

    @asynccontextmanager
    async def around(self, act: str) -> AsyncIterator[None]:
        try:
            async with super().around(act):
                yield
        except Unreachable as error:
            wrong = ChatFlaw.UNREACHABLE_IS_UNKNOWN in self._flaws
            raise OutcomeUnknown(str(error)) if wrong else error from None
        except OutcomeUnknown as error:
            wrong = ChatFlaw.LOST_ANSWER_IS_UNREACHABLE in self._flaws
            raise Unreachable(str(error)) if wrong else error from None
        except RateLimited as error:
            raise Unreachable(str(error)) if ChatFlaw.PAUSE_IGNORED in self._flaws else error from None
        except LoginRejected as error:
            raise NotAllowed(str(error)) if ChatFlaw.LOCKED_IS_NOT_ALLOWED in self._flaws else error from None
