"""The forum's side: boards, threads, posts, what is read of them and what is written."""

from __future__ import annotations

import enum

from bot.model.base import BoardKey, Noun, PostKey, ThreadKey
from bot.model.chat import Attached
from bot.model.times import Millis, When


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
    event: bool = False
    """True for what befell the thread (renamed, closed, moved) and the forum tells among its posts: no reply."""


class Board(Noun, frozen=True):
    """A list of threads; `path` names the way to it from the forum's root, itself last.

    A name or path that is not told is empty, and the one that was told before stays.
    """

    key: BoardKey
    name: str
    path: tuple[str, ...] = ()
    link: str = ""


class Thread(Noun, frozen=True):
    """A discussion without its posts; `replies` is the forum's own count of them, None where it does not tell.

    Neither the OP nor what befell the thread is a reply.
    """

    key: ThreadKey
    title: str
    link: str = ""
    board: Board | None = None
    replies: int | None = None
    closed: bool = False
    token: str = ""
    """Changes whenever anything in the thread may have changed; from listings, empty without such evidence."""
    tags: tuple[str, ...] = ()
    """What the forum files it under besides its board, as people read it there."""


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


class Tempo(Noun, frozen=True):
    """What a page tells about when it is worth being read again."""

    window: Millis | None = None
    """How far back it reaches: the age of the oldest thing it shows; None where nothing can slide out of it."""
    wait: float = 0.0
    """Seconds that its publisher asks readers to wait (`max-age`, `ttl`); 0 for no word about it."""


class ThreadPage(Noun, frozen=True):
    """What one reading of a thread brought; only a `complete` page proves that a post is absent."""

    thread: Thread
    posts: tuple[Post, ...]
    complete: bool = False
    bookmark: Bookmark = Bookmark()
    more: bool = False
    """True when the next page can be read at once from `bookmark`."""
    damaged: tuple[Damaged, ...] = ()
    resurfaced: bool = False
    """In a listing: what is new here was written before the list was read for the first time; it is no news."""
    tempo: Tempo = Tempo()
    gap: str = ""
    """What may have been missed since the last reading and cannot be read any more, in words; empty: nothing."""


class Listing(Noun, frozen=True):
    """What one reading of a board brought: its threads, newest activity first."""

    board: Board
    threads: tuple[Thread, ...]
    """Those that are read by themselves when their token changes."""
    bookmark: Bookmark = Bookmark()
    more: bool = False
    damaged: tuple[Damaged, ...] = ()
    pages: tuple[ThreadPage, ...] = ()
    """Posts that the list itself shows, newest thread first; a thread that stands here alone is not read by itself.

    None of these pages is complete, and their bookmarks mean nothing: the list's own is theirs.
    """
    tempo: Tempo = Tempo()
    gap: str = ""
    """What may have been missed since the last reading and cannot be read any more, in words; empty: nothing."""


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
    link: str = ""
    """Where people read it; empty where it stands nowhere, or its address is for whoever mirrors it alone."""
    lacks: tuple[str, ...] = ()
    """What cannot be learnt from there, a line each, for whoever is about to mirror it: "no replies", "no edits"."""
    public: bool = True
    """False where guests cannot read it: with our login it is read, and shown to whoever reads the channel."""


class Hint(Noun, frozen=True):
    """Something may have changed there: makes a source due, carries no truth."""

    kind: TargetKind
    key: str


class Login(Noun, frozen=True):
    """Somebody's own account on a forum; with `secret` its adapter acts for them: it is sealed wherever it is kept.

    Without one, our own key acts for them, where it may (`caps.impersonates`).
    """

    id: str
    name: str
    secret: str


class Invitation(Noun, frozen=True):
    """How somebody lets us use their account: what they do, and what the adapter needs besides their answer."""

    words: str
    """What to do, and what to answer."""
    link: str = ""
    """What to open for it; empty where nothing is to be opened."""
    secret: str = ""
    """Goes with the answer, sealed wherever it is kept meanwhile."""


class Draft(Noun, frozen=True):
    """What is to be posted to a forum: text already in the forum's own format."""

    thread: ThreadKey
    text: str
    author: str
    title: str = ""
    parent: PostKey = PostKey("")
    """The post that is answered; empty answers the thread."""
    login: Login | None = None
    """Whose account it is posted with; None: the one that the settings name."""
    files: tuple[Attached, ...] = ()
    """What is still to be taken to the forum and shown in the text; an adapter is given none."""
    digest: str = ""
    """Identifies the words that the forum will show, where the text does not say them itself; empty: it does."""


class Opener(Noun, frozen=True):
    """A thread that is to be started on a forum: its title, and the words of its OP in the forum's own format."""

    board: BoardKey
    title: str
    text: str
    author: str
    tags: tuple[str, ...] = ()
    login: Login | None = None
    """Whose account starts it; None: the one that the settings name."""


class Accepted(Noun, frozen=True):
    """The forum shows the post, under this key."""

    post: PostKey
    link: str = ""


class Started(Noun, frozen=True):
    """The forum shows a thread that we started, and its OP."""

    thread: ThreadKey
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
    thread: ThreadKey = ThreadKey("")
    """Of a post that opened a thread, that thread; else it need not be told."""
    title: str = ""
    """Of a post that opened a thread, its title; else it need not be told."""


class ReadTo(Noun, frozen=True):
    """How far somebody has read a thread, by the forum's own account."""

    thread: ThreadKey
    post: PostKey
    """The last post that was read; everything before it in the forum's order counts as read."""


class ForumCapabilities(Noun, frozen=True):
    """What a forum can tell and take; the core adapts to it, never to the engine's name."""

    parents: str = "none"  # exact | quote | outline | none
    edits: str = "none"  # version | timestamp | hash | none
    deletes: str = "none"  # tombstone | absence | probe | none
    numbered: bool = False
    format: str = "plain"
    """The format that drafts are written in."""
    titled_replies: bool = False
    mention: str = ""
    """How a post mentions somebody, with `{name}`, `{slug}` (the name without spaces) and `{id}`; empty: not at all."""
    key_window: float | None = None
    """Seconds during which an equal submit with an equal key is answered, not repeated; None: the forum has no keys."""
    lent_keys: bool = True
    """Whether that holds with people's own accounts, too; where it does not, what is in doubt is read back."""
    read_back: str = "none"
    """What `written` is worth: none, finds (what it shows is there), proof (what it does not show is not there)."""
    min_interval: float = 60.0
    """Seconds that must pass between two polls of one source."""
    spacing: float = 0.0
    """Seconds that must pass between two polls of whatever sources of one forum."""
    max_interval: float = 900.0
    """Seconds after which a source is polled again however quiet it is."""
    write_identity: str = "none"  # shared | impersonate | none
    impersonates: str = ""
    """Who may let somebody in a chat post as a user of the forum: operators, admins (and they), or nobody (empty)."""
    register: str = ""
    """The address at which people make an account; empty where none is known."""
    moderation_queue: bool = False
    """Whether a post may be kept for a moderator; `judged` says then what became of it."""
    queued_changes: bool = False
    """Whether `revise` and `withdraw` take the ticket of a post, before and after a moderator decided."""
