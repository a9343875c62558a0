"""The chat itself: what people and the bot do, durable before it is acknowledged, shown once it is durable.

Each act is decided on the state as it is, appended to the journal, then applied. Acts on one subject (a
message, a sender's key, a channel) take turns; all others run together and share syncs of the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from adapters.chats.web import entries, render, rules
from adapters.chats.web.entries import Entry
from adapters.chats.web.forgetting import living
from adapters.chats.web.readers import Readers
from adapters.chats.web.state import Message, State
from adapters.journal import Journal
from bot import markup
from bot.errors import Forbidden, Gone, OutcomeUnknown, Refused, Unparsable, Unreachable
from bot.model import Command, Millis, Offer, Payload, Receipt
from bot.ports import Log


class Room:
    """One chat, kept in one journal file; opened by the first act or question."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], Millis],
        channels: tuple[str, ...] = (),
        admins: tuple[str, ...] = ("*",),
        log: Log | None = None,
        commands: Sequence[Command] = (),
    ) -> None:
        self._commands = commands
        self._journal = Journal(path)
        self._now = now
        self._channels = tuple(rules.slug(name) for name in channels)
        self._admins = admins
        self._state: State | None = None
        self._next = 1
        self._opening = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._acts: set[asyncio.Task[Any]] = set()
        self._moved = asyncio.Event()
        self._log = log
        self._readers = Readers(now)
        self._compacting = False
        self.closed = False

    async def state(self) -> State:
        """What the chat shows; read from the journal on the first call.

        Raises `Unreachable` where the file cannot be read, `Unparsable` where it holds something else.
        """
        if self._state is None:
            async with self._opening:
                if self._state is None:
                    if self.closed:
                        raise Unreachable("The chat is closed, because the program is stopping.")
                    state = await asyncio.to_thread(self._replayed)
                    self._next = state.position + 1
                    self._state = state
        return self._state

    def _replayed(self) -> State:
        state = State(self._channels, self._admins)
        try:
            for kept in self._journal.replay():
                try:
                    state.apply(entries.read(kept))
                except (msgspec.ValidationError, KeyError, AssertionError) as error:
                    raise Unparsable(
                        f"{self._journal.path} holds an entry that does not fit after entry {state.position} "
                        f"({error!r}). Nothing was changed. Put a backup of the file in its place.",
                        looked_for="entries of the chat",
                    ) from error
        except OSError as error:
            raise Unreachable(f"The chat's file {self._journal.path} cannot be read: {error.strerror}.") from error
        dead = state.take_dead()
        if dead:
            try:
                self._journal.compact(living(state, dead))
            except OSError as error:
                self._not_compacted(state, dead, error)
        return state

    async def _compact(self, state: State) -> None:
        """Let dead words leave the journal. Acts go on: what is dead is fixed before, and none of it is theirs."""
        dead = state.take_dead()
        left = living(state, dead)
        try:
            await asyncio.to_thread(self._journal.compact, left)
        except OSError as error:
            self._not_compacted(state, dead, error)
        finally:
            self._compacting = False

    def _not_compacted(self, state: State, dead: dict[int, int], error: OSError) -> None:
        """The words stay a while longer."""
        for n, bytes in dead.items():
            state.die(n, bytes)
        if self._log is not None:
            why = f"{self._journal.path} could not be written anew ({error.strerror})"
            self._log.warning("chat.not_compacted", why=why, dead=state.dead_bytes)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are known: before the journal is read, those of the settings."""
        return tuple(self._state.channels) if self._state is not None else self._channels

    def knows(self, message: str) -> bool:
        """Whether a message of this id was ever here; before the journal is read, any may have been."""
        return self._state is None or message in self._state.messages

    async def beyond(self, position: int) -> None:
        """Return once something happened after `position`, or the room was closed."""
        while not self.closed and (await self.state()).position <= position:
            await self._moved.wait()

    async def stirred(self, position: int) -> None:
        """The same, or once somebody has read."""
        while not self.closed and not self._readers and (await self.state()).position <= position:
            await self._moved.wait()

    def read_since(self) -> tuple[Receipt, ...]:
        """How far people have read, since this was asked last."""
        return self._readers.take()

    def hush(self) -> None:
        """Wake everybody who waits for something to happen, and take no new acts."""
        self.closed = True
        self._announce()

    async def close(self) -> None:
        """Finish what is being written, then let go of the file."""
        self.hush()
        while self._acts:
            await asyncio.wait(self._acts)
        await self._journal.close()

    # ---------------------------------------------------------------------------------------------- the bot's

    async def make_channel(self, name: str) -> str:
        """The channel of that name, made where there is none; `Refused` where the name is none."""
        slug = rules.slug(name)

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            return None if slug in state.channels else entries.MadeChannel(n, at, slug)

        await self._act(f"channel {slug}", decide)
        return slug

    async def find_channel(self, name: str) -> str | None:
        """The channel of that name, None where there is none."""
        slug = rules.slug(name)
        return slug if slug in (await self.state()).channels else None

    async def send(self, channel: str, thread: str, payload: Payload, key: str) -> str:
        """Show a message once per key and return its id; `Gone` where the place is not there."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            if key in state.keys:
                return None
            _place(state, channel, thread)
            return entries.Sent(n, at, channel, payload, key, thread)

        await self._act(f"key {key}", decide)
        return (await self.state()).keys[key]

    async def replace(self, channel: str, message: str, payload: Payload) -> None:
        """Put a payload in the place of a message; `Gone` where it is not there any more."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            standing = _standing(state, message, channel)
            return None if standing.payload == payload else entries.Replaced(n, at, message, payload)

        await self._act(message, decide)

    async def remove(self, message: str) -> None:
        """Remove a message, whoever wrote it; what is gone stays gone."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            return entries.Removed(n, at, message) if state.standing(message) is not None else None

        await self._act(message, decide)

    async def open_thread(self, channel: str, message: str, title: str) -> str:
        """Hang a chat thread on a message of the channel; once there, it stays."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            root = state.messages.get(message)
            if root is not None and root.hangs is not None and root.channel == channel:
                return None
            if _standing(state, message, channel).thread:
                raise Refused(f"Message {message} stands in a chat thread; no other thread can hang on it.")
            return entries.OpenedThread(n, at, message, title)

        await self._act(message, decide)
        return message

    async def pin(self, channel: str, message: str) -> None:
        """Let a message be found at the top of its channel; `Gone` where it is not there any more."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            return None if _standing(state, message, channel).pinned else entries.Pinned(n, at, message)

        await self._act(message, decide)

    async def show_fate(self, channel: str, message: str, reaction: str) -> None:
        """Make `reaction` our only one on a message; an empty one takes it away."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            standing = _standing(state, message, channel)
            return None if standing.fate == reaction else entries.ShowedFate(n, at, message, reaction)

        await self._act(message, decide)

    async def tell(
        self, channel: str, who: str, text: str, key: str, about: str = "", offers: Sequence[Offer] = ()
    ) -> None:
        """Put words (Markdown) into somebody's private pane beside a channel, once per key, with what they offer.

        Those about a message that stands are put below its first words.
        """

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            if state.told(key):
                return None
            words = _reminding(text, state.standing(about))
            return entries.Told(n, at, channel, who, words, key, render.written(offers))

        await self._act(f"tell {key}", decide)

    # ----------------------------------------------------------------------------------------------- people's

    # Who signed in gives an `id`; of anybody else the name says who it is.

    async def say(self, channel: str, thread: str, name: str, text: str, reply_to: str = "", id: str = "") -> str:
        """Write a message and return its id; a command shows no message and returns "".

        Raises `Refused` for a text or name that cannot be taken, `Gone` where the place or the
        answered message is not there.
        """
        kept, person = rules.veiled(rules.message_text(text), self._commands), rules.person_name(name)
        command = rules.command(kept) is not None

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            _place(state, channel, thread)
            if command:
                return entries.Commanded(n, at, channel, person, kept, thread, id)
            if reply_to:
                _standing(state, reply_to, channel)
            return entries.Said(n, at, channel, person, kept, thread, reply_to, id)

        said = await self._act(f"say {id or person}", decide)
        return f"m{said.n}" if said is not None and not command else ""

    async def edit(self, message: str, name: str, text: str, id: str = "") -> None:
        """Change a message of one's own; `Forbidden` for others', `Gone` where it is not there any more."""
        kept = rules.message_text(text)
        if rules.command(kept) is not None:
            raise Refused("A message cannot be turned into a command. Write the command as a new message.")

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            own = _own(state, message, id or name, "change")
            same = own.text == kept and own.payload is None
            return None if same else entries.Edited(n, at, message, name, kept, id)

        await self._act(message, decide)

    async def delete(self, message: str, name: str, id: str = "") -> None:
        """Remove a message of one's own; `Forbidden` for others'; what is gone stays gone."""

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            if message in state.messages and state.standing(message) is None:
                return None
            _own(state, message, id or name, "delete")
            return entries.Deleted(n, at, message, name, id)

        await self._act(message, decide)

    async def react(self, message: str, name: str, reaction: str, on: bool, id: str = "") -> None:
        """Put a reaction on a message or take it away; `Refused` for one that this chat does not have."""
        if reaction not in rules.REACTIONS:
            raise Refused(f"This chat has no such reaction; it has {' '.join(rules.REACTIONS)}.")
        person = rules.person_name(name)

        def decide(state: State, n: int, at: Millis) -> Entry | None:
            standing = _standing(state, message)
            if ((id or person) in standing.reactions.get(reaction, {})) is on:
                return None
            return entries.Reacted(n, at, message, person, reaction, on, id)

        await self._act(message, decide)

    async def read(self, channel: str, thread: str, name: str, message: str, id: str = "") -> None:
        """Note that somebody has read a place up to a message; `Gone` where that does not stand there."""
        self._readers.note(await self.state(), channel, thread, rules.person_name(name), message, id)
        self._announce()

    # --------------------------------------------------------------------------------------------------- acts

    async def _act(self, subject: str, decide: Callable[[State, int, Millis], Entry | None]) -> Entry | None:
        """One act from decision to display; once begun it is finished, even if its caller is cancelled."""
        if self.closed:
            raise Unreachable("The chat is closed, because the program is stopping. Nothing was written.")
        task = asyncio.create_task(self._acted(subject, decide))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
        return await asyncio.shield(task)

    async def _acted(self, subject: str, decide: Callable[[State, int, Millis], Entry | None]) -> Entry | None:
        state = await self.state()
        turn = self._turns.setdefault(subject, asyncio.Lock())
        async with turn:
            # From here to the append nothing waits: the numbers stand in the journal in their order.
            entry = decide(state, self._next, self._now())
            if entry is None:
                return None
            self._next += 1
            try:
                await self._journal.append(entries.written(entry))
            except OSError as error:
                happened = OutcomeUnknown if self._journal.unsure else Unreachable
                raise happened(
                    f"The chat could not write to {self._journal.path}: {error.strerror}. Nothing was shown. "
                    f"Make room on the disk, then do it again."
                ) from error
            state.apply(entry)
            self._announce()
            if not self._compacting and self._journal.outweighed(state.dead_bytes):
                # Behind the back of who acts: it takes as long as the file is large.
                self._compacting = True
                task = asyncio.create_task(self._compact(state))
                self._acts.add(task)
                task.add_done_callback(self._acts.discard)
            return entry

    def _announce(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def _place(state: State, channel: str, thread: str) -> list[Message]:
    place = state.place(channel, thread)
    if place is None:
        if thread and channel in state.channels:
            raise Gone(f"There is no chat thread {thread} in #{channel}.")
        raise Gone(f"There is no channel #{channel} in this chat.")
    return place


def _standing(state: State, message: str, channel: str = "") -> Message:
    found = state.standing(message)
    if found is None or (channel and found.channel != channel):
        raise Gone(f"Message {message} is not there{f' in #{channel}' if channel else ''} any more.")
    return found


def _reminding(text: str, about: Message | None) -> str:
    if about is None:
        return text
    words = markup.reminding(markup.read(text, "markdown"), markup.read(about.text, "markdown"))
    return markup.write(words, "markdown")


def _own(state: State, message: str, who: str, what: str) -> Message:
    found = _standing(state, message)
    if not who or found.by != who:
        raise Forbidden(f"Message {message} is not yours: only who wrote it can {what} it.")
    return found
