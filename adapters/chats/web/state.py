"""Pure: what this chat shows, as its journal's entries make it; nothing here reads a clock or waits.

`State.apply` is the only way in: what the room does and what a restart reads back go through the same door.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from adapters.chats.web import entries, rules
from adapters.chats.web.entries import Entry
from bot import model
from bot.model import ChannelRef, ChatPerson, Event, MessageId, Millis, Payload, ThreadRef, UserId, Where

CHANGES_KEPT = 5_000
"""Changes that a page which was away can catch up on; one that was away longer loads anew."""

NOTES_KEPT = 50
"""Lines of a person's private pane in one channel; older ones stay in the journal alone."""


@dataclass(slots=True)
class Message:
    """A message as it stands now; `author` is a person's name and `by` who that is, both empty for ours."""

    n: int
    channel: str
    at: Millis
    thread: str = ""
    author: str = ""
    by: str = ""
    text: str = ""
    payload: Payload | None = None
    """A card of ours: it stands in the place of `text`, on a person's message too once we changed it."""
    key: str = ""
    since: int = 0
    """The number of the entry that gave it the words it has now."""
    reply_to: str = ""
    edited: bool = False
    deleted: bool = False
    pinned: bool = False
    """It can be found at the top of its channel."""
    fate: str = ""
    reactions: dict[str, dict[str, str]] = field(default_factory=dict)
    """Reaction → who put it there, first come first, and their names."""
    hangs: list[Message] | None = None
    """The chat thread that hangs on this message, oldest first; None where there is none."""
    replies: int = 0
    """How many messages of that chat thread still stand."""
    title: str = ""
    """The title of that chat thread."""

    @property
    def signed(self) -> bool:
        """Whether who wrote it was signed in, and did not just come by a name."""
        return self.by != self.author

    @property
    def id(self) -> str:
        """The message's id, for ever."""
        return f"m{self.n}"

    @property
    def shown(self) -> bool:
        """False once it was removed, unless a chat thread hangs on it and needs its root."""
        return not self.deleted or self.hangs is not None


@dataclass(slots=True)
class Note:
    """A part of somebody's private pane: a command of theirs, or what we told them (Markdown)."""

    n: int
    text: str
    command: bool
    offers: Sequence[Mapping[str, str]] = ()
    """What is offered below it: the label of each button, and its command."""


@dataclass(slots=True)
class Change:
    """What one entry touched: messages by id, or one person's private pane in one channel."""

    n: int
    messages: tuple[str, ...] = ()
    pane: tuple[str, str] | None = None


class State:
    """Channels, messages, chat threads, reactions and private panes after a number of entries."""

    def __init__(self, channels: tuple[str, ...], admins: tuple[str, ...]) -> None:
        self.position = 0
        self.channels: dict[str, list[Message]] = {name: [] for name in channels}
        self.messages: dict[str, Message] = {}
        self.pins: dict[str, list[Message]] = {}
        """What is kept at the top of each channel, the first first; removed messages too."""
        self.keys: dict[str, str] = {}
        """The sender's keys → the message that each has shown."""
        self.changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self.dead: dict[int, int] = {}
        """Entries of the journal with words that nobody can read any more, and how many bytes these are."""
        self.dead_bytes = 0
        self._admins = admins
        self._told: set[str] = set()
        self._panes: dict[tuple[str, str], deque[Note]] = {}
        self._answers: dict[str, list[str]] = {}
        self._events: list[Event] = []
        self._event_at: list[int] = []

    # ---------------------------------------------------------------------------------------------- questions

    def standing(self, message: str) -> Message | None:
        """The message, None where it never was or is removed."""
        found = self.messages.get(message)
        return None if found is None or found.deleted else found

    def place(self, channel: str, thread: str) -> list[Message] | None:
        """The messages of a channel or chat thread, oldest first, removed ones too; None where it is not."""
        if not thread:
            return self.channels.get(channel)
        root = self.messages.get(thread)
        return root.hangs if root is not None and root.channel == channel else None

    def pane(self, who: str, channel: str) -> tuple[Note, ...]:
        """What only this person sees in a channel, oldest first."""
        return tuple(self._panes.get((who, channel), ()))

    def told(self, key: str) -> bool:
        """Whether somebody was told something under this key."""
        return key in self._told

    def die(self, n: int, bytes: int) -> None:
        """Note that nobody can read the words of an entry any more."""
        self.dead_bytes += bytes - self.dead.get(n, 0)
        self.dead[n] = bytes

    def take_dead(self) -> dict[int, int]:
        """The entries whose words died since the last call."""
        dead, self.dead, self.dead_bytes = self.dead, {}, 0
        return dead

    def words(self, n: int) -> str:
        """What is left of the words of a dead entry: of what a person said, what it reads now."""
        message = self.messages.get(f"m{n}")
        return message.text if message is not None else ""

    def events(self, after: int, limit: int) -> tuple[tuple[Event, ...], int]:
        """What people did after a position, at most `limit` of it, and the position behind the last."""
        first = bisect_right(self._event_at, after)
        some = tuple(self._events[first : first + limit])
        return some, self._event_at[first + len(some) - 1] if some else after

    def since(self, after: int) -> tuple[Change, ...] | None:
        """What changed after a position; None where that is not known any more."""
        if after > self.position or (self.changes and after < self.changes[0].n - 1):
            return None
        recent: list[Change] = []
        for change in reversed(self.changes):
            if change.n <= after:
                break
            recent.append(change)
        return tuple(reversed(recent))

    # ------------------------------------------------------------------------------------------------ entries

    def apply(self, entry: Entry) -> None:
        """Let one entry have happened; entries come in order, each once."""
        self.position = entry.n
        match entry:
            case entries.MadeChannel():
                self.channels.setdefault(entry.channel, [])
                self._touch(entry.n)
            case entries.Sent():
                message = Message(entry.n, entry.channel, entry.at, entry.thread)
                message.payload, message.key, message.since = entry.payload, entry.key, entry.n
                self._answer(message, str(entry.payload.get("reply_to") or ""))
                self.keys[entry.key] = message.id
                self._show(message)
            case entries.Said():
                message = Message(entry.n, entry.channel, entry.at, entry.thread, entry.name, _who(entry), entry.text)
                message.since = entry.n
                self._answer(message, entry.reply_to)
                self._show(message)
            case entries.Replaced():
                message = self.messages[entry.message]
                message.edited = True
                if not forgotten(entry.payload):
                    self._bury(message, payload=entry.payload)
                    message.payload, message.text, message.since = entry.payload, "", entry.n
                if not message.author:
                    self._answer(message, str(entry.payload.get("reply_to") or ""))
                self._changed(entry.n, message)
            case entries.Edited():
                message = self.messages[entry.message]
                message.edited = True
                if entry.text:
                    self._bury(message, text=entry.text)
                    message.payload, message.text, message.since = None, entry.text, entry.n
                self._changed(entry.n, message)
            case entries.Removed() | entries.Deleted():
                message = self.messages[entry.message]
                # Nothing shows the words any more; what people did is still told in `events`.
                self._bury(message)
                message.deleted, message.payload, message.text, message.fate = True, None, "", ""
                message.since = 0
                message.reactions.clear()
                if message.thread:
                    self.messages[message.thread].replies -= 1
                self._changed(entry.n, message)
            case entries.OpenedThread():
                message = self.messages[entry.message]
                message.hangs, message.title = [], entry.title
                self._touch(entry.n, message)
            case entries.ShowedFate():
                message = self.messages[entry.message]
                message.fate = entry.reaction
                self._touch(entry.n, message)
            case entries.Pinned():
                message = self.messages[entry.message]
                message.pinned = True
                self.pins.setdefault(message.channel, []).append(message)
                self._touch(entry.n, message)
            case entries.Reacted():
                self._react(entry)
            case entries.Commanded():
                self._note(_who(entry), entry.channel, Note(entry.n, entry.text, command=True))
            case entries.Told():
                self._told.add(entry.key)
                self._note(entry.name, entry.channel, Note(entry.n, entry.text, command=False, offers=entry.offers))
        event = self._event(entry)
        if event is not None:
            self._events.append(event)
            self._event_at.append(entry.n)

    def _show(self, message: Message) -> None:
        self.messages[message.id] = message
        root = self.messages.get(message.thread)
        if root is None:
            self.channels.setdefault(message.channel, []).append(message)
            self._touch(message.n, message)
        else:
            assert root.hangs is not None
            root.hangs.append(message)
            root.replies += 1
            self._touch(message.n, message, root)

    def _answer(self, message: Message, reply_to: str) -> None:
        if reply_to and reply_to != message.reply_to:
            self._answers.setdefault(reply_to, []).append(message.id)
        message.reply_to = reply_to

    def _bury(self, message: Message, text: str = "", payload: Payload | None = None) -> None:
        """Note that a message does not have the words any more that it has now, unless it gets the same again."""
        if message.payload is not None:
            if message.payload != payload and not forgotten(message.payload):
                self.die(message.since, len(msgspec.json.encode(message.payload)))
        elif message.text and message.text != text:
            # What was said is told as it reads now: these words may stand there, too.
            for n in (message.since, message.n):
                self.die(n, len(message.text.encode()))

    def _changed(self, n: int, message: Message) -> None:
        """Words changed or went: whatever quotes or counts them changes with them."""
        quoting = [self.messages[answer] for answer in self._answers.get(message.id, ())]
        root = self.messages.get(message.thread)
        self._touch(n, message, *quoting, *([root] if root is not None else []))

    def _react(self, entry: entries.Reacted) -> None:
        message = self.messages[entry.message]
        names = message.reactions.setdefault(entry.reaction, {})
        if entry.on:
            names[_who(entry)] = entry.name
        else:
            names.pop(_who(entry), None)
            if not names:
                del message.reactions[entry.reaction]
        self._touch(entry.n, message)

    def _note(self, who: str, channel: str, note: Note) -> None:
        notes = self._panes.setdefault((who, channel), deque(maxlen=NOTES_KEPT))
        if len(notes) == NOTES_KEPT and notes[0].text and not notes[0].command:
            self.die(notes[0].n, len(notes[0].text.encode()))
        notes.append(note)
        self.changes.append(Change(note.n, pane=(who, channel)))

    def _touch(self, n: int, *messages: Message) -> None:
        self.changes.append(Change(n, tuple(dict.fromkeys(message.id for message in messages))))

    # ------------------------------------------------------------------------------------------------- events

    def _event(self, entry: Entry) -> Event | None:
        name = f"e{entry.n}"
        match entry:
            case entries.Said() if entry.text:
                where, person = _where(entry.channel, entry.thread), self.person(entry.name, entry.id)
                message, reply_to = MessageId(f"m{entry.n}"), MessageId(entry.reply_to)
                return model.Said(name, where, message, person, entry.text, "markdown", entry.at, reply_to)
            case entries.Edited() if entry.text:
                where, message, person = *self._at(entry.message), self.person(entry.name, entry.id)
                return model.Edited(name, where, message, person, entry.text, "markdown", entry.at)
            case entries.Deleted():
                return model.Deleted(name, *self._at(entry.message), entry.at, self.person(entry.name, entry.id))
            case entries.Reacted():
                where, message, person = *self._at(entry.message), self.person(entry.name, entry.id)
                return model.Reacted(name, where, message, person, entry.reaction, entry.on, entry.at)
            case entries.Commanded():
                group, words, typed = rules.command(entry.text) or ("", (), "")
                where, person = _where(entry.channel, entry.thread), self.person(entry.name, entry.id)
                return model.Commanded(name, where, person, group, words, entry.at, typed=typed)
            case _:
                return None

    def _at(self, message: str) -> tuple[Where, MessageId]:
        found = self.messages[message]
        return _where(found.channel, found.thread), MessageId(message)

    def person(self, name: str, id: str = "") -> ChatPerson:
        """Somebody by the name chosen at the door, or who signed in: the names of admins are no names of theirs."""
        admin = id in self._admins if id else "*" in self._admins or name in self._admins
        return ChatPerson(UserId(id or name), name, admin, anybody=not id)


def _who(entry: entries.Said | entries.Reacted | entries.Commanded) -> str:
    return entry.id or entry.name


def _where(channel: str, thread: str) -> Where:
    return Where(ChannelRef(channel), ThreadRef(thread))


def forgotten(payload: Payload) -> bool:
    """Whether a payload has lost its words."""
    return not payload.keys() - {"reply_to"}
