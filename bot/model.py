"""The nouns that cross a port: frozen, without I/O, the same words as in the database and the docs.

Times are integer milliseconds since 1970 in UTC. Ids that come from outside are opaque strings: adapters mint them,
nobody else takes them apart.
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta
from typing import NewType

import msgspec

from bot.markup.nodes import Node

ForumName = NewType("ForumName", str)
"""The name under which one forum is configured; unique in one installation."""
ChatName = NewType("ChatName", str)
"""The name under which one chat login is configured; unique in one installation."""
BoardKey = NewType("BoardKey", str)
ThreadKey = NewType("ThreadKey", str)
PostKey = NewType("PostKey", str)
ChannelRef = NewType("ChannelRef", str)
"""A channel of a chat, as the chat names it."""
ThreadRef = NewType("ThreadRef", str)
"""A chat thread, as the chat names it; empty for the channel itself."""
MessageId = NewType("MessageId", str)
UserId = NewType("UserId", str)
Millis = int
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Noun(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of everything that crosses a port: immutable, comparable, serialisable."""


# ---------------------------------------------------------------------------------------------------- the forum's side


class When(Noun, frozen=True):
    """A point in time as exactly as it is known: anywhere from `earliest` to `latest`, both inclusive."""

    earliest: Millis
    latest: Millis

    @property
    def exact(self) -> bool:
        """True when the source names the moment to the minute or better."""
        return self.latest - self.earliest < MINUTE

    def stated(self) -> str:
        """As exactly as it is known, in UTC: "22 Dec 2015 15:24", "22 Dec 2015", "Dec 2015", "2015", "2001 to 2100".

        A day, month or year of another time zone straddles two of ours: its width tells it all the same, and its middle
        lies in the right one.
        """
        width, then = self.latest - self.earliest, calendar((self.earliest + self.latest) // 2)
        month = MONTHS[then.month - 1]
        if self.exact:
            return f"{then.day} {month} {then.year} {then:%H:%M}"
        if width <= 25 * HOUR:
            return f"{then.day} {month} {then.year}"
        if width <= 32 * DAY:
            return f"{month} {then.year}"
        if width <= 367 * DAY:
            return f"{then.year}"
        return f"{calendar(self.earliest).year} to {calendar(self.latest).year}"


def calendar(moment: Millis) -> datetime:
    """A moment as the UTC calendar knows it; what lies outside of its years becomes their edge."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
    except OverflowError:
        return (datetime.max if moment > 0 else datetime.min).replace(tzinfo=UTC)


def at(moment: Millis) -> When:
    """A moment that is known exactly."""
    return When(moment, moment)


class Author(Noun, frozen=True):
    """Who wrote a post, as the forum shows it; `id` is empty where the forum tells only a name."""

    name: str
    id: str = ""
    avatar: str = ""
    badge: str = ""


class BodyState(enum.StrEnum):
    """Whether the text of a post is there, known to be empty, or not seen yet."""

    PRESENT = "present"
    EMPTY = "empty"
    UNKNOWN = "unknown"


class Body(Noun, frozen=True):
    """The text of a post in the forum's own format (a name that `bot.markup.read` knows)."""

    state: BodyState
    text: str = ""
    format: str = "plain"


EMPTY = Body(BodyState.EMPTY)
"""A title-only post ("n/t"): there is no text and there will be none."""
UNKNOWN = Body(BodyState.UNKNOWN)
"""A post known only from a list: its text exists and has not been seen."""


def body(text: str, format: str) -> Body:
    """The text as read, or `EMPTY` where it holds nothing but white space."""
    return Body(BodyState.PRESENT, text, format) if text.strip() else EMPTY


class ParentState(enum.StrEnum):
    """What is known of the post that a post answers."""

    NONE = "none"  # the OP
    THREAD = "thread"  # a reply to the thread as such
    KNOWN = "known"
    UNKNOWN = "unknown"


class Parent(Noun, frozen=True):
    """What a post answers; `key` is the parent where it is known, `guess` one that is only likely, shown as such."""

    state: ParentState
    key: PostKey = PostKey("")
    guess: PostKey = PostKey("")


class PostState(enum.StrEnum):
    """Whether the forum shows a post."""

    LIVE = "live"
    DELETED = "deleted"  # gone, by whomever
    HIDDEN = "hidden"  # still there, not shown to guests
    QUEUED = "queued"  # waits for a moderator


class Post(Noun, frozen=True):
    """A discussion's OP or a reply to it, as one page shows it."""

    key: PostKey
    author: Author
    created: When
    body: Body
    link: str = ""
    title: str = ""
    number: int | None = None
    """The forum's own number of a reply; None for the OP and where the forum does not number."""
    position: int = 0
    """The forum's own order inside the thread; only comparisons mean anything."""
    parent: Parent = Parent(ParentState.THREAD)
    op: bool = False
    state: PostState = PostState.LIVE
    version: str = ""
    """The engine's own edit evidence (a version, an edit time), empty where it has none."""
    marker: str = ""
    """What we put into a post that we wrote, where the forum shows it again; else empty."""


class Board(Noun, frozen=True):
    """A list of threads; `path` names the way to it from the forum's root, itself last."""

    key: BoardKey
    name: str
    path: tuple[str, ...] = ()
    link: str = ""


class Thread(Noun, frozen=True):
    """A discussion without its posts; `replies` is the forum's own count, None where it does not tell."""

    key: ThreadKey
    title: str
    link: str = ""
    board: Board | None = None
    replies: int | None = None
    closed: bool = False
    token: str = ""
    """Changes whenever anything in the thread may have changed; from listings, empty without such evidence."""


class Damaged(Noun, frozen=True):
    """An item of a page that could not be parsed: its neighbours go on, its bytes are kept and reported."""

    why: str
    sample: bytes
    key: str = ""


class Bookmark(Noun, frozen=True):
    """Where the reading of one source stopped: an opaque cursor and the validators of the last answer, verbatim."""

    cursor: str = ""
    etag: str = ""
    last_modified: str = ""
    digest: str = ""


class ThreadPage(Noun, frozen=True):
    """What one reading of a thread brought; only a `complete` page proves that a post is absent."""

    thread: Thread
    posts: tuple[Post, ...]
    complete: bool = False
    bookmark: Bookmark = Bookmark()
    more: bool = False
    """True when the next page can be read at once from `bookmark`."""
    damaged: tuple[Damaged, ...] = ()


class Listing(Noun, frozen=True):
    """What one reading of a board brought: its threads, newest activity first."""

    board: Board
    threads: tuple[Thread, ...]
    bookmark: Bookmark = Bookmark()
    more: bool = False
    damaged: tuple[Damaged, ...] = ()


class TargetKind(enum.StrEnum):
    """What an address names."""

    BOARD = "board"
    THREAD = "thread"
    SITE = "site"  # the forum as a whole, where no board of it is the main one


class Target(Noun, frozen=True):
    """What an address of a forum turned out to name; a board or thread is ready to be mirrored."""

    kind: TargetKind
    key: str
    title: str
    boards: tuple[Board, ...] = ()
    """Of a site: boards that it has, those first that most people want."""


class Hint(Noun, frozen=True):
    """Something may have changed there: makes a source due, carries no truth."""

    kind: TargetKind
    key: str


class Draft(Noun, frozen=True):
    """What is to be posted to a forum: text already in the forum's own format."""

    thread: ThreadKey
    text: str
    author: str
    title: str = ""
    parent: PostKey = PostKey("")
    """The post that is answered; empty answers the thread."""


class Accepted(Noun, frozen=True):
    """The forum shows the post, under this key."""

    post: PostKey
    link: str = ""


class Queued(Noun, frozen=True):
    """The forum keeps the post for a moderator."""

    ticket: str
    """Names the post while it waits, for ever and after restarts; `Written.post` of a waiting post is the same."""


class Judgement(enum.StrEnum):
    """What became of a post that was kept for a moderator."""

    WAITS = "waits"
    APPROVED = "approved"
    REJECTED = "rejected"


class Judged(Noun, frozen=True):
    """What became of one post that was kept for a moderator."""

    ticket: str
    judgement: Judgement
    post: PostKey = PostKey("")
    """The post that it became; empty where the forum does not tell."""
    why: str = ""
    """The moderators' own words about a rejection; empty where they left none."""


class Written(Noun, frozen=True):
    """A post that read-back found, with what it takes to recognise it as ours."""

    post: PostKey
    author: str
    text: str
    created: When
    marker: str = ""
    queued: bool = False


# ----------------------------------------------------------------------------------------------------- the chat's side


class Where(Noun, frozen=True):
    """Where messages stand: a channel, or a chat thread in it."""

    channel: ChannelRef
    thread: ThreadRef = ThreadRef("")


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


class Card(Noun, frozen=True):
    """One post (or notice) ready to be shown by any chat: words decided, format still open."""

    kind: CardKind
    author: str = ""
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
    quote: Quote | None = None
    reply_to: MessageId = MessageId("")
    """The message that this one natively answers; empty for none."""
    continued: str = ""
    """The address of the whole text, where it was cut."""


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


Event = Said | Edited | Deleted | Reacted | Commanded


class Batch(Noun, frozen=True):
    """Events in the order in which they happened, and the cursor that stands behind the last of them."""

    events: tuple[Event, ...]
    cursor: str


# -------------------------------------------------------------------------------------------------------- capabilities


class ForumCapabilities(Noun, frozen=True):
    """What a forum can tell and take; the core adapts to it, never to the engine's name."""

    parents: str = "none"  # exact | quote | outline | none
    edits: str = "none"  # version | timestamp | hash | none
    deletes: str = "none"  # tombstone | absence | probe | none
    numbered: bool = False
    format: str = "plain"
    """The format that drafts are written in."""
    titled_replies: bool = False
    key_window: float | None = None
    """Seconds during which an equal submit with an equal key is answered, not repeated; None: the forum has no keys."""
    read_back: str = "none"
    """What `written` is worth: none, finds (what it shows is there), proof (what it does not show is not there)."""
    min_interval: float = 60.0
    """Seconds that must pass between two polls of one source."""
    write_identity: str = "none"  # shared | impersonate | none
    moderation_queue: bool = False
    """Whether a post may be kept for a moderator; `judged` says then what became of it."""
    queued_changes: bool = False
    """Whether `revise` and `withdraw` take the ticket of a post, before and after a moderator decided."""


class ChatCapabilities(Noun, frozen=True):
    """What a chat can show and take."""

    key_window: float | None = None
    """Seconds during which a repeated send with an equal key shows nothing twice; None: the chat has no keys."""
    read_back: str = "proof"
    """What `read_back` is worth: none, finds (what it shows is there), proof (what it does not show is not there)."""
    threads: bool = True
    changes_others: bool = False
    """True when we may edit and delete messages that people wrote."""
    reactions: bool = True
    at_once: int = 8
    """Places that may be written to at the same time."""


# ------------------------------------------------------------------------------------------------------------ commands


class Parameter(Noun, frozen=True):
    """One word or value that a command takes; `rest` swallows all remaining words."""

    name: str
    help: str
    required: bool = True
    option: bool = False
    """True for `--name VALUE`; False for a word by position."""
    choices: tuple[str, ...] = ()


class Command(Noun, frozen=True):
    """One command, the same in every chat and on the command line."""

    group: str  # "mirror" (admins) or "forum" (readers)
    name: str
    help: str
    parameters: tuple[Parameter, ...] = ()


class Caller(Noun, frozen=True):
    """Who gave a command; an operator sees every community, an admin his own."""

    chat: ChatName
    community: int
    person: str
    admin: bool = False
    operator: bool = False
    where: Where | None = None
    id: UserId = UserId("")
    """The chat's own id of the person; empty on the command line and for the settings."""


class Answer(Noun, frozen=True):
    """What a command replies: lines of text, and the same as data for programs."""

    text: str
    data: dict[str, object] = msgspec.field(default_factory=dict)
    ok: bool = True
