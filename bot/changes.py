"""Pure: what we know of a thread, and a page of it → what has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.media.lasting import fades, lasting
from bot.model import DAY, BodyState, Millis, ParentState, Post, PostKey, PostState, ThreadPage

LOSS_POSTS = 5
LOSS_SHARE = 0.2
"""A reading that would delete more than both of these is held for an admin's word: it is more likely a broken page."""

RESURFACED = DAY
"""Milliseconds by which a post must be older than its board's first reading for its date alone to say that it was
there: forums' clocks differ, and a new post that is not shown is worse than an old one that is."""


class Known(msgspec.Struct, frozen=True):
    """What the database holds of one post, as far as changes depend on it."""

    id: int
    key: PostKey
    digest: str
    version: str
    state: PostState
    body_state: BodyState
    number: int | None
    position: int
    here: bool = True
    """In the thread that is read; False where the post was last seen in another one."""
    event: bool = False
    """It tells what befell the thread, and is no reply."""


class Beginning(msgspec.Struct, frozen=True):
    """What is known of the time at which a thread's board was read for the first time."""

    moment: Millis
    listed: bool = False
    """The thread stood in that list."""
    stood: int | None = None
    """How many replies the forum counted in it then that are not known yet; None where it told no count."""


class Changes(msgspec.Struct, frozen=True):
    """What a page brought, each kind in the order in which it is to be applied; parents stand before their replies."""

    added: tuple[Post, ...] = ()
    edited: tuple[tuple[Known, Post], ...] = ()
    """Text or title are new; a text seen for the first time and a restored post are among them."""
    moved: tuple[tuple[Known, Post], ...] = ()
    """Only the number or the order is new: nothing to show."""
    deleted: tuple[tuple[Known, PostState], ...] = ()
    losing: tuple[Known, ...] = ()
    """Deletions that are held because they are too many at once; `deleted` holds only what was confirmed then."""
    came: tuple[tuple[Known, Post], ...] = ()
    """Posts that another thread held until now; what else is new about them stands in the other kinds too."""
    refreshed: tuple[tuple[Known, Post], ...] = ()
    """Addresses in the text may be signed anew: nothing to show, and the text is kept as it is now."""


def digest(post: Post) -> str:
    """Identifies the title and the text of a post; white space and the signatures of addresses do not count."""
    words = " ".join(lasting(post.body.text).split())
    raw = "\x00".join((" ".join(post.title.split()), post.body.state, words))
    return hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()[:32]


def compare(
    known: Mapping[PostKey, Known],
    page: ThreadPage,
    confirmed: Iterable[PostKey] = (),
    kept: Iterable[PostKey] = (),
    spared: Iterable[PostKey] = (),
) -> Changes:
    """Decide what changed between `known` and `page`.

    `known` holds at least the posts that the page names, and every post of the thread where the page is complete:
    absence proves a deletion there and nowhere else. `confirmed` are keys whose deletion an admin has confirmed, `kept`
    those that an admin keeps although they are missing, `spared` those that an admin keeps although the forum says that
    they are gone.
    """
    added: list[Post] = []
    edited: list[tuple[Known, Post]] = []
    moved: list[tuple[Known, Post]] = []
    refreshed: list[tuple[Known, Post]] = []
    came: list[tuple[Known, Post]] = []
    deleted: list[tuple[Known, PostState]] = []
    missing, excused = set(kept), set(spared)
    seen: set[PostKey] = set()
    for post in page.posts:
        if post.key in seen:
            continue
        seen.add(post.key)
        before = known.get(post.key)
        if before is None:
            if post.state is not PostState.QUEUED:
                added.append(post)
            continue
        if not before.here:
            if post.state is not PostState.LIVE:
                continue  # what the thread that it left keeps in its place says nothing about it
            came.append((before, post))
        if post.state is PostState.LIVE:
            if before.state is not PostState.LIVE or is_edit(before, post):
                edited.append((before, post))
                continue
            if (before.number, before.position) != (post.number, post.position):
                moved.append((before, post))
            if fades(post.body.text):
                refreshed.append((before, post))
            continue
        # A post that went back to the moderators is there and not shown.
        state = PostState.HIDDEN if post.state is PostState.QUEUED else post.state
        if before.state not in (PostState.DELETED, state) and post.key not in excused:
            deleted.append((before, state))
    if proves_absence(page):
        for key, before in known.items():
            if key not in seen and before.here and before.state is not PostState.DELETED and key not in missing:
                deleted.append((before, PostState.DELETED))
    there = sum(1 for post in known.values() if post.here and post.state is not PostState.DELETED)
    agreed = set(confirmed)
    doubtful = [before for before, _ in deleted if before.key not in agreed]
    losing: tuple[Known, ...] = ()
    if len(doubtful) > LOSS_POSTS and len(doubtful) > LOSS_SHARE * there:
        losing = tuple(doubtful)
        deleted = [pair for pair in deleted if pair[0].key in agreed]
    return Changes(
        parents_first(added),
        tuple(edited),
        tuple(moved),
        tuple(deleted),
        losing,
        tuple(came),
        tuple(refreshed),
    )


def proves_absence(page: ThreadPage) -> bool:
    """Whether what a page does not show is not there."""
    return page.complete and not page.more and not page.damaged


def is_edit(before: Known, post: Post) -> bool:
    """Whether the words of a known post are other ones now.

    A page that does not show the text (an outline) proves nothing about it; the engine's own evidence is believed only
    when it says that nothing changed. What a thread is called is told by its page, not by its OP's version.
    """
    if post.body.state is BodyState.UNKNOWN:
        return False
    if before.body_state is BodyState.UNKNOWN:
        return True
    if post.version and post.version == before.version:
        return False
    return digest(post) != before.digest


def there_before(posts: Sequence[Post], beginning: Beginning | None) -> tuple[Post, ...]:
    """Those posts that a thread's first reading brings which were there before its board was read for the first time.

    All of them where no board was. Dates decide as far as they can be trusted; of the replies between, the forum's own
    count tells the old from the new, because pages come in the forum's order.
    """
    if beginning is None:
        return tuple(posts)
    replies = sorted((post for post in posts if not (post.op or post.event)), key=lambda post: post.position)
    counted = None if beginning.stood is None else {post.key for post in replies[: max(beginning.stood, 0)]}

    def old(post: Post) -> bool:
        if post.created.latest < beginning.moment - RESURFACED:
            return True
        if not beginning.listed:
            return False
        if post.op:
            return True
        if counted is None or post.event:
            return post.created.latest < beginning.moment
        return post.created.earliest <= beginning.moment and post.key in counted

    return tuple(post for post in posts if old(post))


def parents_first(posts: Sequence[Post]) -> tuple[Post, ...]:
    """The posts in the forum's order, but each one behind the post it answers, the OP first of all."""
    waiting = {post.key: post for post in sorted(posts, key=lambda post: (not post.op, post.position))}
    ordered: list[Post] = []
    while waiting:
        chain = [next(iter(waiting.values()))]
        # Climb to the topmost ancestor that is new too; a circle ends where it would repeat.
        climbed = {chain[0].key}
        while (parent := chain[-1].parent).state is ParentState.KNOWN:
            above = waiting.get(parent.key)
            if above is None or above.key in climbed:
                break
            chain.append(above)
            climbed.add(above.key)
        for post in reversed(chain):
            ordered.append(waiting.pop(post.key))
    return tuple(ordered)
