"""Pure: what we know of a thread, and a page of it → what has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.model import BodyState, ParentState, Post, PostKey, PostState, ThreadPage

LOSS_POSTS = 5
LOSS_SHARE = 0.2
"""A reading that would delete more than both of these is held for an admin's word: it is more likely a broken page."""


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


class Changes(msgspec.Struct, frozen=True):
    """What a page brought, each kind in the order in which it is to be applied; parents stand before their replies."""

    added: tuple[Post, ...] = ()
    edited: tuple[tuple[Known, Post], ...] = ()
    """Text or title are new; a text seen for the first time and a restored post are among them."""
    moved: tuple[tuple[Known, Post], ...] = ()
    """Only the number or the order is new: nothing to show."""
    deleted: tuple[tuple[Known, PostState], ...] = ()
    losing: tuple[Known, ...] = ()
    """Deletions that are held because they are too many at once; `deleted` is empty then."""


def digest(post: Post) -> str:
    """Identifies the title and the text of a post; white space does not count."""
    words = " ".join(post.body.text.split())
    raw = "\x00".join((" ".join(post.title.split()), post.body.state, words))
    return hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()[:32]


def compare(
    known: Mapping[PostKey, Known],
    page: ThreadPage,
    confirmed: Iterable[PostKey] = (),
    kept: Iterable[PostKey] = (),
) -> Changes:
    """Decide what changed between `known` and `page`.

    `known` holds at least the posts that the page names, and every post of the thread where the page is complete:
    absence proves a deletion there and nowhere else. `confirmed` are keys whose deletion an admin has confirmed,
    `kept` those that an admin keeps although they are missing.
    """
    added: list[Post] = []
    edited: list[tuple[Known, Post]] = []
    moved: list[tuple[Known, Post]] = []
    deleted: list[tuple[Known, PostState]] = []
    seen: set[PostKey] = set()
    for post in page.posts:
        if post.key in seen:
            continue
        seen.add(post.key)
        before = known.get(post.key)
        if before is None:
            if post.state is not PostState.QUEUED:
                added.append(post)
        elif post.state is not PostState.LIVE:
            if before.state is PostState.LIVE:
                # A post that went back to the moderators is there and not shown.
                state = PostState.HIDDEN if post.state is PostState.QUEUED else post.state
                deleted.append((before, state))
        elif before.state is not PostState.LIVE or is_edit(before, post):
            edited.append((before, post))
        elif (before.number, before.position) != (post.number, post.position):
            moved.append((before, post))
    if page.complete and not page.damaged and not page.more:
        for key, before in known.items():
            if key not in seen and before.state is PostState.LIVE:
                deleted.append((before, PostState.DELETED))
    keep = set(kept)
    deleted = [pair for pair in deleted if pair[0].key not in keep]
    alive = sum(1 for post in known.values() if post.state is PostState.LIVE)
    agreed = set(confirmed)
    doubtful = [before for before, _ in deleted if before.key not in agreed]
    losing: tuple[Known, ...] = ()
    if len(doubtful) > LOSS_POSTS and len(doubtful) > LOSS_SHARE * alive:
        losing = tuple(doubtful)
        deleted = [pair for pair in deleted if pair[0].key in agreed]
    return Changes(parents_first(added), tuple(edited), tuple(moved), tuple(deleted), losing)


def is_edit(before: Known, post: Post) -> bool:
    """Whether the words of a known post are other ones now.

    A page that does not show the text (an outline) proves nothing about it; the engine's own evidence is believed only
    when it says that nothing changed.
    """
    if post.body.state is BodyState.UNKNOWN:
        return False
    if before.body_state is BodyState.UNKNOWN:
        return True
    if post.version and post.version == before.version:
        return False
    return digest(post) != before.digest


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
