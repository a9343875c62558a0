"""Pure: changes × mirrors → what is owed where."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import msgspec

from bot.model import DAY, Millis


class Layout(enum.StrEnum):
    """How the posts of a mirror stand in its channel."""

    THREADS = "threads"  # one chat thread per forum thread, the OP first
    CARDS = "cards"  # one card per thread, its chat thread opened at the first reply
    STREAM = "stream"  # all posts flat


PAUSED: Millis = 1 << 62
"""Before no time: what is owed because of a mirror that pauses has no turn until that goes on."""


class Act(enum.StrEnum):
    """What a delivery does."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    OPEN = "open"


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a mirror shows of its board or thread, when, and how much of a post; by default all, at once, whole."""

    max_length: int = 0
    """Characters of plain text that a post is shown with; 0 shows it whole."""
    delay: int = 0
    """Seconds until a new post is shown: what is deleted within them never is."""
    words: tuple[str, ...] = ()
    """Threads are shown whose OP holds one of these; any where there are none. So it is with authors and tags."""
    not_words: tuple[str, ...] = ()
    """What holds one of these is left out, with an OP its whole thread. So it is with authors and tags."""
    authors: tuple[str, ...] = ()
    not_authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    with_replies: bool = True
    """Whether replies are shown, or OPs only."""

    @property
    def filters(self) -> bool:
        """Whether anything is left out."""
        chosen = self.words or self.authors or self.tags
        return bool(chosen or self.not_words or self.not_authors or self.not_tags or not self.with_replies)


class Withheld(msgspec.Struct, frozen=True):
    """Posts of a thread that came in a flood: those from `start` on, and before `end` once that is known."""

    flood: int
    start: int
    end: int | None = None


class MirrorView(msgspec.Struct, frozen=True):
    """A mirror as far as one thread is concerned; `whole`: it shows that thread's older posts too."""

    id: int
    channel: int
    layout: Layout
    start_seq: int
    whole: bool
    options: Options = Options()
    withheld: tuple[Withheld, ...] = ()
    """What waits for an admin's choice, or was chosen not to be shown as posts."""
    community: int = 0
    paused: bool = False
    """Nothing of it is sent before it goes on."""


class PostView(msgspec.Struct, frozen=True):
    """A stored post as far as mirroring depends on it; `n` is 0 or less for back-filled posts."""

    id: int
    n: int
    seq: int
    op: bool
    live: bool
    revision: int
    event: bool = False
    """It tells what befell the thread: nobody counts it, and nobody has it unread."""


class Standing(msgspec.Struct, frozen=True):
    """That a post stands in a channel, or is on its way there: in which queue, and what stands there."""

    post: int
    channel: int
    queue: int
    words: str = ""
    """Digest of the words of the chat reply that this is; empty where we wrote the message."""
    drawn: str = ""
    """Digest of the same words as the forum draws them, where it does."""
    noted: bool = False
    """Something was said beneath a person's message, because the post said something else."""
    removed: bool = False
    """Taken away in the chat by a person; it stays away."""
    busy: bool = False
    """A newer version of that person's message is on its way to the forum: the chat's word is the later one."""
    opened: bool = False
    """Of an OP: the chat thread that hangs on it is open, or about to be opened."""
    shut: bool = False
    """Of an OP: the chat refused to open a chat thread on it."""
    former: bool = False
    """It stands where nothing can be said any more, in a channel that goes on as this one, and is not shown again."""


class Slot(enum.StrEnum):
    """Where in a channel an act belongs."""

    CHANNEL = "channel"
    THREAD = "thread"


class Owed(msgspec.Struct, frozen=True):
    """One delivery to be made, in words of the plan; the store turns slots into queues."""

    post: int
    act: Act
    revision: int
    channel: int
    slot: Slot | None = None
    """For creates: where. Later acts go where the create went, into `queue`."""
    queue: int | None = None
    opens: bool = False
    """The act opens the chat thread of the post's thread."""
    backfill: bool = False
    delay: int = 0
    """Seconds that it waits for."""
    paused: bool = False
    """It waits until its mirror goes on."""


def wanted(post: PostView, mirrors: Iterable[MirrorView]) -> list[MirrorView]:
    """The mirrors that show a post: for each channel the first that accepts it.

    `mirrors` come oldest first, and those that pause behind all others.
    """
    chosen: dict[int, MirrorView] = {}
    for mirror in mirrors:
        accepts = mirror.whole or (post.seq >= mirror.start_seq and post.n > 0)
        if accepts and mirror.channel not in chosen and flood_of(post, mirror) is None:
            chosen[mirror.channel] = mirror
    return list(chosen.values())


def flood_of(post: PostView, mirror: MirrorView) -> int | None:
    """The flood that keeps a post back from a mirror; older posts, which an admin asked for, are in none."""
    if post.n <= 0:
        return None
    for flood in mirror.withheld:
        if flood.start <= post.seq and (flood.end is None or post.seq < flood.end):
            return flood.flood
    return None


USUAL = 20
"""News at once that are no flood however quiet the source is."""
BURST = 5
"""Times what is to be expected that are no flood either."""
QUICK = 15 * 60_000
"""Milliseconds after which the fast rate says nothing any more."""


def expected(slow: float, fast: float, since: Millis) -> float:
    """News that a source lets one expect after it was not looked at for so long.

    `slow` and `fast` are its rates in news per day, one over a week and one over `QUICK`.
    """
    return max(slow * since, fast * min(since, QUICK)) / DAY


def floods(news: int, usual: float) -> bool:
    """Whether so many news at once are more than a source ever brings, where `usual` are to be expected."""
    return news > max(USUAL, BURST * usual)


def for_added(
    post: PostView, opening: PostView | None, mirrors: Sequence[MirrorView], standing: Sequence[Standing]
) -> list[Owed]:
    """What a post that became known is owed in each channel.

    `opening` is the thread's OP where it is known and another post than this one: a reply cannot stand in a chat thread
    that nothing opened. `standing` holds what stands of the two.
    """
    owed: list[Owed] = []
    if not post.live:
        return owed  # nothing stands yet: what comes deleted is not announced
    there = {(s.post, s.channel): s for s in standing}
    for mirror in wanted(post, mirrors):
        if (post.id, mirror.channel) in there:
            continue
        backfill = post.n <= 0
        delay = 0 if backfill else mirror.options.delay
        slot = Slot.CHANNEL
        if not post.op and opening is not None and mirror.layout is not Layout.STREAM:
            base = there.get((opening.id, mirror.channel))
            if base is not None and base.former and not base.removed:
                base = None  # nothing can be hung on it there: it is shown here first
            # Nothing can be hung on a message that a person took away or where the chat refused that, nor on one inside
            # of another chat thread, where the OP of a thread that was split off stands.
            free = base is None or (not (base.removed or base.shut) and base.queue == mirror.channel)
            if free or (base is not None and base.opened):
                slot = Slot.THREAD
            by_create = mirror.layout is Layout.THREADS
            if base is None:
                owed.append(
                    Owed(
                        opening.id,
                        Act.CREATE,
                        opening.revision,
                        mirror.channel,
                        Slot.CHANNEL,
                        opens=by_create,
                        backfill=backfill,
                        delay=delay,
                        paused=mirror.paused,
                    )
                )
            if slot is Slot.THREAD and (not by_create if base is None else not base.opened):
                owed.append(
                    Owed(
                        opening.id,
                        Act.OPEN,
                        0,
                        mirror.channel,
                        Slot.CHANNEL,
                        opens=True,
                        backfill=backfill,
                        delay=delay,
                        paused=mirror.paused,
                    )
                )
        opens = post.op and mirror.layout is Layout.THREADS
        owed.append(
            Owed(
                post.id,
                Act.CREATE,
                post.revision,
                mirror.channel,
                slot,
                opens=opens,
                backfill=backfill,
                delay=delay,
                paused=mirror.paused,
            )
        )
    return owed


def for_edited(post: PostView, standing: Iterable[Standing], words: str) -> list[Owed]:
    """What a new version of a post is owed where it stands; `words` is the digest of its words now.

    Where the post is somebody's chat message and holds these very words already, the edit came from there.
    """
    return [
        Owed(post.id, Act.EDIT, post.revision, s.channel, queue=s.queue)
        for s in standing
        if s.post == post.id
        and not (s.removed or s.former or s.busy)
        and (not s.words or s.noted or words not in (s.words, s.drawn))
    ]


def for_deleted(post: PostView, standing: Iterable[Standing]) -> list[Owed]:
    """What a deleted post is owed where it stands."""
    return [
        Owed(post.id, Act.DELETE, post.revision, s.channel, queue=s.queue)
        for s in standing
        if s.post == post.id and not (s.removed or s.former)
    ]
