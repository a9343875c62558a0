"""Posts that a source misses all at once, and what an admin said about them."""

from __future__ import annotations

import msgspec

from bot.changes import Changes, proves_absence
from bot.model import Bookmark, Millis, PostKey, PostState, ThreadPage
from bot.offers import of_losing
from bot.store.notices import close_notice, tell_concerned
from bot.store.sources import SourceRow
from bot.store.unit import Unit
from bot.texts import say

Keys = dict[PostKey, bool]
"""Keys of posts; true where the forum says that they are gone, false where it does not show them."""


class Losses(msgspec.Struct, frozen=True):
    """What waits for an admin's word, what was confirmed, and what is kept all the same."""

    losing: Keys
    agreed: Keys
    kept: Keys
    overtaken: bool
    """The word came while the thread was read: it is read again, from its beginning."""

    @property
    def missing(self) -> list[PostKey]:
        """What is kept although it is not shown."""
        return [key for key, said in self.kept.items() if not said]

    @property
    def spared(self) -> list[PostKey]:
        """What is kept although the forum says that it is gone."""
        return [key for key, said in self.kept.items() if said]


def losses(source: SourceRow) -> Unit[Losses]:
    """What is known of a source's losses now; `source` is what it was when the reading began."""
    [[losing, agreed, kept, *bookmark]] = yield (
        "SELECT losing, agreed, kept, cursor, etag, last_modified, digest FROM source WHERE id=$1",
        (source.id,),
    )
    return Losses(keys(losing), keys(agreed), keys(kept), Bookmark(*bookmark) != source.bookmark)


def note_losses(source: SourceRow, before: Losses, changes: Changes, page: ThreadPage, now: Millis) -> Unit[None]:
    """Keep what a reading says about them.

    What was kept is kept no longer than until the forum shows something else of it, and what was confirmed until the
    thread was read to its end; the admins hear of it when nothing waits for their word any more.
    """
    seen = {post.key for post in page.posts}
    live = {post.key for post in page.posts if post.state is PostState.LIVE}
    losing = {lost.key: lost.key in seen for lost in changes.losing}
    if not proves_absence(page):
        for key, said in before.losing.items():
            if key not in seen and (yield from _stands(source, key)):
                losing[key] = said
    agreed = before.agreed if page.more or before.overtaken else {}
    kept = {key: said for key, said in before.kept.items() if key not in (live if said else seen)}
    if (losing, agreed, kept) == (before.losing, before.agreed, before.kept):
        return
    yield (
        "UPDATE source SET losing=$2, agreed=$3, kept=$4 WHERE id=$1",
        (source.id, stored(losing), stored(agreed), stored(kept)),
    )
    if before.losing and not losing:
        text = say("notices.losing_over", source=f"{source.forum_name}: {source.kind} {source.key}")
        yield from close_notice(f"losing:{source.id}", text, now)


def tell_losses(source: SourceRow, posts: int, now: Millis) -> Unit[None]:
    """Ask the admins whom it concerns what is to become of so many posts that are missing at once."""
    text = say("notices.losing", posts, source=f"{source.forum_name}: {source.kind} {source.key}")
    about, offers = f"losing:{source.id}", of_losing(source.id)
    yield from tell_concerned(about, text, now, thread=source.thread or 0, offers=offers)


def _stands(source: SourceRow, key: PostKey) -> Unit[bool]:
    rows = yield "SELECT 1 FROM post WHERE thread=$1 AND key=$2 AND state<>'deleted'", (source.thread, key)
    return bool(rows)


def keys(cell: str) -> Keys:
    """Keys from their stored form."""
    return msgspec.json.decode(cell, type=Keys) if cell else {}


def stored(some: Keys) -> str:
    """The stored form of keys."""
    return msgspec.json.encode(some).decode() if some else ""
