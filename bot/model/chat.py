"""The chat's side: places, cards, and what people do."""

from __future__ import annotations

import enum

from bot.markup.nodes import Node
from bot.model.base import ChannelRef, MessageId, Noun, ThreadRef, UserId
from bot.model.offers import Offer
from bot.model.times import Millis, When


class Where(Noun, frozen=True):
    """Where messages stand: a channel, or a chat thread in it."""

    channel: ChannelRef
    thread: ThreadRef = ThreadRef("")


class ChannelWish(Noun, frozen=True):
    """What a channel is to be like where it has to be made; a chat takes of it what it can show."""

    title: str = ""
    """What people read as its name; empty: the name by which it is asked for."""
    topic: str = ""
    """What it is for, in one line."""
    closed: bool = False
    """Whether it is for those alone who are invited."""


class Quote(Noun, frozen=True):
    """What a card answers, for chats and cases in which the reply itself does not show it."""

    author: str
    excerpt: str
    number: str = ""
    link: str = ""


class CardKind(enum.StrEnum):
    """What a card stands for."""

    POST = "post"
    TOMBSTONE = "tombstone"
    NOTICE = "notice"
    REMARK = "remark"  # what befell a thread: shown quietly, nobody's post


class Card(Noun, frozen=True):
    """One post (or notice) ready to be shown by any chat: words decided, format still open."""

    kind: CardKind
    author: str = ""
    author_key: str = ""
    """Who wrote it, the same on every card of this author, whatever they are called; empty where nobody is named."""
    avatar: str = ""
    badge: str = ""
    title: str = ""
    body: Node | None = None
    note: str = ""
    """A line in the second tone under the text: "listed, text not seen yet", "edited", a reason."""
    link: str = ""
    number: str = ""
    """"OP", "#3", or empty where the forum does not number."""
    when: When | None = None
    path: tuple[str, ...] = ()
    """The board's path; on the OP only."""
    tags: tuple[str, ...] = ()
    """What the forum files the thread under besides, for chats that do so too; on the OP only."""
    quote: Quote | None = None
    reply_to: MessageId = MessageId("")
    """The message that this one natively answers; empty for none."""
    opener: bool = False
    """Whether it begins a thread, and stands."""
    answerable: bool = False
    """Whether what is said in answer to it goes to the forum."""
    offers: tuple[Offer, ...] = ()
    """What can be done about it by a press. A chat without buttons writes those of a notice below its text
    (`ports.in_words`), and leaves those of a post to the commands: a line below every thread would be noise."""


Payload = dict[str, object]
"""One message in a chat's own serialisable form; what is committed is what is sent, byte for byte."""


class Reaction(enum.StrEnum):
    """The fate of a chat user's reply, as the bot shows it on the message."""

    PENDING = "⏳"
    POSTED = "✅"
    REFUSED = "❌"
    HELD = "✋"


class Found(Noun, frozen=True):
    """A message of ours that read-back saw, with the marker or key it carries."""

    message: MessageId
    marker: str


class ChatPerson(Noun, frozen=True):
    """Who did something in a chat; `admin` by the chat's own permissions in that place."""

    id: UserId
    name: str
    admin: bool = False
    bot: bool = False
    anybody: bool = False
    """Whether the name is all that says who this is: whoever takes it next is the same person."""
    roles: tuple[str, ...] = ()
    """What the community calls people like them: names of roles, where the chat has those."""
    level: int = 0
    """How much they may in that place, where the chat counts that."""


class Attached(Noun, frozen=True):
    """A file that somebody put on a message; its chat says how to get at it by `address`."""

    address: str
    name: str
    kind: str = ""
    """Its media type, as the chat tells it; empty where it does not."""
    size: int = 0
    """Bytes; 0 where the chat does not tell."""
    link: str = ""
    """Where people of that chat find it, for as long as it stands there; empty where nothing leads there."""


class Said(Noun, frozen=True, tag="said"):
    """Somebody wrote a message."""

    id: str
    where: Where
    message: MessageId
    person: ChatPerson
    text: str
    format: str
    at: Millis
    reply_to: MessageId = MessageId("")
    meant: bool = False
    """Whether it was asked for that this goes to the forum: who said it hears why where it does not."""
    files: tuple[Attached, ...] = ()
    """What was put on it; with files its text may be empty."""


class Edited(Noun, frozen=True, tag="edited"):
    """Somebody changed a message; `id` differs for every edit."""

    id: str
    where: Where
    message: MessageId
    person: ChatPerson
    text: str
    format: str
    at: Millis


class Deleted(Noun, frozen=True, tag="deleted"):
    """A message is gone; `person` is who removed it where the chat tells."""

    id: str
    where: Where
    message: MessageId
    at: Millis
    person: ChatPerson | None = None


class Reacted(Noun, frozen=True, tag="reacted"):
    """Somebody put a reaction on a message, or took it away."""

    id: str
    where: Where
    message: MessageId
    person: ChatPerson
    reaction: str
    on: bool
    at: Millis


class Commanded(Noun, frozen=True, tag="commanded"):
    """Somebody gave a command: `group` "forum" or "mirror", and the words after it."""

    id: str
    where: Where
    person: ChatPerson
    group: str
    words: tuple[str, ...]
    at: Millis
    community: str = ""
    pressed: bool = False
    """Whether it was not typed, but an offer pressed."""
    message: MessageId = MessageId("")
    """The message that it was typed as, where it is one; empty for what nobody else sees."""
    typed: str = ""
    """The words as they stand there, with lines, spaces and quotes; empty where they were not typed but chosen."""
    format: str = "markdown"
    """The format of longer texts among them."""


_ANSWER = "command-"


def answer_key(row: int, command: str) -> str:
    """The key of the words that answer a command; it tells which, so that a chat can say them where it was given."""
    return f"{_ANSWER}{row}-{command}"


def answered_command(key: str) -> str:
    """The event id of the command that words with this key answer; empty where they answer none."""
    return key.removeprefix(_ANSWER).partition("-")[2] if key.startswith(_ANSWER) else ""


class Receipt(Noun, frozen=True, tag="receipt"):
    """Somebody has read up to a message; `everywhere`: in all chat threads of the channel, else where it stands."""

    id: str
    where: Where
    message: MessageId
    person: ChatPerson
    at: Millis
    everywhere: bool = False


class Moved(Noun, frozen=True, tag="moved"):
    """A channel goes on as another one, and nothing can be said in it any more.

    What is mirrored follows. So it is told when both channels say so and we can speak in the new one, not before: by
    itself neither may bring what it has into the other.
    """

    id: str
    where: Where
    person: ChatPerson
    to: ChannelRef
    at: Millis


Event = Said | Edited | Deleted | Reacted | Commanded | Receipt | Moved


class Batch(Noun, frozen=True):
    """Events in the order in which they happened, and the cursor that stands behind the last of them."""

    events: tuple[Event, ...]
    cursor: str


class ChatCapabilities(Noun, frozen=True):
    """What a chat can show and take."""

    key_window: float | None = None
    """Seconds during which a repeated send with an equal key shows nothing twice; None: the chat has no keys."""
    read_back: str = "proof"
    """What `read_back` is worth: none, finds (what it shows is there), proof (what it does not show is not there)."""
    threads: bool = True
    changes_others: bool = False
    """True when we may edit and delete messages that people wrote."""
    undeletes: bool = True
    """True when a message that became a tombstone can be changed back; else it is shown anew, below its tombstone."""
    reactions: bool = True
    at_once: int = 8
    """Places that may be written to at the same time."""
    media: str = "link"
    """What becomes of an image in a card: upload (into the chat), embed (shown from our own pages), link."""
    receipts: bool = False
    """True when the chat tells by itself how far people have read."""
    sign: str = "/"
    """What stands before a command here."""
