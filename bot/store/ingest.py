"""What a reading of a forum brought, stored together with everything that is owed because of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bot.changes import Beginning, Changes, compare, proves_absence, there_before
from bot.mirroring import Act, MirrorView, Owed, PostView, Standing, for_added, for_deleted, for_edited, wanted
from bot.model import BodyState, Bookmark, ForumCapabilities, Listing, Millis, Post, Thread, ThreadPage
from bot.rendering import words_digest
from bot.store.forums import (
    ThreadRow,
    bury_post,
    ensure_board,
    ensure_thread,
    forget_text,
    insert_posts,
    known,
    move_post,
    opening_post,
    posts_of,
    update_post,
)
from bot.store.losses import losses, note_losses
from bot.store.outbox import owe, standing
from bot.store.places import mirrors_of, show_whole
from bot.store.recognising import recognise
from bot.store.sources import SourceRow, clear_damaged, due_again, ensure_source, keep_damaged, read_well
from bot.store.storable import sound_listing, sound_page
from bot.store.unit import Unit


class Ingested(msgspec.Struct, frozen=True):
    """What a page changed, for the log, for waking whoever is concerned, and for whoever gave the page.

    `owed` counts messages that are to be made or changed: the opening of a chat thread is none.
    """

    thread: int
    added: int = 0
    edited: int = 0
    deleted: int = 0
    losing: int = 0
    owed: int = 0


def ingest_thread(
    source: SourceRow,
    page: ThreadPage,
    least: Millis | None,
    now: Millis,
    caps: ForumCapabilities = ForumCapabilities(),  # noqa: B008  frozen
) -> Unit[Ingested]:
    """Store a page of a thread: posts, deliveries, cursor and validators, in one commit.

    The thread is read again `least` milliseconds later at the earliest; None is for a page that was not read but given,
    which changes nothing in when the thread is read. `caps` says how the forum shows what we wrote there, by which it
    is recognised.

    What the first reading of a thread brings is back-filled as far as it was there before the thread's board was read
    for the first time, and has arrived otherwise.
    """
    page = sound_page(page)
    thread = yield from ensure_thread(source.forum, page.thread, arrived=False)
    before = yield from known(thread, page.posts, proves_absence(page))
    lost = yield from losses(source)
    changes = compare(before, page, lost.agreed, lost.missing, lost.spared)
    old: tuple[Post, ...] = ()
    if source.baseline_at is None:
        old = there_before(changes.added, (yield from _beginning(thread)))
    result = yield from _apply(thread, changes, old, caps, now)
    whole = [post.key for post in page.posts if post.body.state is not BodyState.UNKNOWN]
    yield from clear_damaged(source.id, whole, page.damaged, page.complete and not page.more)
    if page.damaged:
        yield from keep_damaged(source.id, page.damaged, now)
    if least is not None:
        next_at = now if page.more else (yield from due_again(thread.id, least, now))
        yield from read_well(source, page.bookmark, next_at, not page.more, now)
    elif source.next_at is None:
        yield from read_well(source, page.bookmark, None, not page.more, now)
    yield from note_losses(source, lost, changes, page, now)
    if not page.more and page.thread.token:
        yield "UPDATE thread SET token=$2 WHERE id=$1", (thread.id, page.thread.token)
    return result


def _beginning(thread: ThreadRow) -> Unit[Beginning | None]:
    """When the first of the boards that list a thread was read for the first time; None where none is read."""
    [[moment, known]] = yield (
        """SELECT MIN(s.baseline_at), (SELECT count(*) FROM post WHERE thread=$1 AND op=0 AND state='live')
           FROM listing l JOIN source s ON s.board=l.board AND s.next_at IS NOT NULL WHERE l.thread=$1""",
        (thread.id,),
    )
    if moment is None:
        return None
    return Beginning(moment, not thread.arrived, None if thread.stood is None else thread.stood - known)


def _apply(
    thread: ThreadRow,
    changes: Changes,
    old: Sequence[Post],
    caps: ForumCapabilities,
    now: Millis,
) -> Unit[Ingested]:
    mirrors = yield from mirrors_of(thread.id)
    opening = yield from opening_post(thread.id)
    owed = 0
    backfilled = {post.key for post in old}
    added = yield from insert_posts(thread, tuple(p for p in changes.added if p.key in backfilled), True, now)
    added += yield from insert_posts(thread, tuple(p for p in changes.added if p.key not in backfilled), False, now)
    if added:
        yield from recognise(thread.id, changes.added, caps, now)
    came: list[PostView] = []
    for earlier, post in changes.came:
        came.append((yield from move_post(earlier, thread, post.op)))
    if added or came:
        opening = opening or next((view for view in (*added, *came) if view.op), None)
        owed += yield from _owe_added(thread.id, [*added, *came], opening, mirrors, now)
    for view in added:
        if not view.live:  # of what a chat user said, the message stands already
            acts = for_deleted(view, (yield from standing([view.id])))
            yield from owe(thread.id, acts, now)
            owed += messages(acts)
    for earlier, post in changes.edited:
        view = yield from update_post(earlier, post, now)
        if mirrors:
            stands = yield from standing([view.id] if opening is None else [view.id, opening.id])
            words = words_digest(post.body.text, post.body.format) if any(s.words for s in stands) else ""
            acts = for_edited(view, stands, words) + for_added(view, _other(opening, view), mirrors, stands)
            yield from owe(thread.id, acts, now)
            owed += messages(acts)
    for earlier, post in changes.moved:
        yield "UPDATE post SET number=$2, position=$3 WHERE id=$1", (earlier.id, post.number, post.position)
    for earlier, state in changes.deleted:
        view = yield from bury_post(earlier, state, now)
        acts = for_deleted(view, (yield from standing([view.id])))
        yield from owe(thread.id, acts, now)
        yield from forget_text(view.id)
        owed += messages(acts)
    if added or came or changes.edited or changes.deleted:
        yield "UPDATE thread SET changed_at=$2 WHERE id=$1", (thread.id, now)
    return Ingested(thread.id, len(added), len(changes.edited), len(changes.deleted), len(changes.losing), owed)


def _other(opening: PostView | None, view: PostView) -> PostView | None:
    return opening if opening is not None and opening.id != view.id else None


def _owe_added(
    thread: int, added: Sequence[PostView], opening: PostView | None, mirrors: Sequence[MirrorView], now: Millis
) -> Unit[int]:
    if not mirrors:
        return 0
    accepted = [view for view in added if wanted(view, mirrors)]
    if not accepted:
        return 0
    stands: dict[int, list[Standing]] = {}
    for there in (yield from standing([view.id for view in accepted] + ([opening.id] if opening else []))):
        stands.setdefault(there.post, []).append(there)
    owed: list[Owed] = []
    for view in accepted:
        other = _other(opening, view)
        about = [*stands.get(view.id, ()), *(stands.get(other.id, ()) if other is not None else ())]
        acts = for_added(view, other, mirrors, about)
        # What was decided a moment ago is on its way: the next reply needs no second opener.
        for act in acts:
            stands.setdefault(act.post, []).append(Standing(act.post, act.channel, act.channel, opened=act.opens))
        owed.extend(acts)
    yield from owe(thread, owed, now)
    return messages(owed)


def messages(acts: Iterable[Owed]) -> int:
    """How many messages some acts make or change."""
    return sum(act.act is not Act.OPEN for act in acts)


class Listed(msgspec.Struct, frozen=True):
    """What a board's list changed: the threads that are due, and what the posts in the list itself came to."""

    due: tuple[int, ...]
    shown: tuple[Ingested, ...] = ()

    @property
    def owed(self) -> int:
        """Messages that are to be made or changed."""
        return sum(result.owed for result in self.shown)

    @property
    def added(self) -> int:
        """Posts that were not known."""
        return sum(result.added for result in self.shown)


def ingest_listing(
    source: SourceRow,
    page: Listing,
    next_at: Millis | None,
    now: Millis,
    caps: ForumCapabilities = ForumCapabilities(),  # noqa: B008  frozen
) -> Unit[Listed]:
    """Store a page of a board's list with the posts that it shows, and make the threads due whose evidence changed.

    The first reading of a board posts nothing by itself: its threads are known from then on, and what a mirror is to
    show of them is asked for by `backfill_newest`.
    """
    page = sound_listing(page)
    board = yield from ensure_board(source.forum, page.board)
    first = source.baseline_at is None
    rows = yield "SELECT key FROM thread WHERE forum=$1 AND key=$2", [(source.forum, t.key) for t in page.threads]
    known_before = {key for (key,) in rows}
    shown: list[Ingested] = []
    for leaf in reversed(page.pages):  # in the order in which they were written
        shown.append((yield from _ingest_leaf(source, page, leaf, board, caps, now)))
    newest = [result.thread for result in reversed(shown)]
    due: list[int] = []
    for listed in page.threads:
        thread = yield from _ensure_listed(source, page, listed, board)
        yield "UPDATE thread SET in_list=0 WHERE id=$1 AND in_list=1", (thread.id,)
        newest.append(thread.id)
        changed = not listed.token or listed.token != thread.token
        if first and listed.key not in known_before:
            # Known from here on; read when something happens in it, or when a mirror wants it whole.
            yield "UPDATE thread SET token=$2 WHERE id=$1", (thread.id, listed.token)
            continue
        if changed:
            reader = yield from ensure_source(source.forum, None, thread.id, now)
            yield "UPDATE source SET next_at=CASE WHEN next_at<$2 THEN next_at ELSE $2 END WHERE id=$1", (reader, now)
            due.append(thread.id)
    whole: list[str] = [listed.key for listed in page.threads]
    whole += [post.key for leaf in page.pages for post in leaf.posts]
    yield from clear_damaged(source.id, whole, page.damaged, False)
    if page.damaged:
        yield from keep_damaged(source.id, page.damaged, now)
    yield from read_well(source, page.bookmark, next_at, not page.more, now)
    if first and newest and source.bookmark == Bookmark():
        owed, asked = yield from backfill_newest(source, newest[0], now)
        shown.append(Ingested(newest[0], owed=owed))
        due.extend(asked)
    return Listed(tuple(due), tuple(shown))


def _ensure_listed(source: SourceRow, page: Listing, listed: Thread, board: int) -> Unit[ThreadRow]:
    """A thread that stands in a board's list, as it is now."""
    first = source.baseline_at is None
    home = listed if listed.board is not None else msgspec.structs.replace(listed, board=page.board)
    thread = yield from ensure_thread(source.forum, home, arrived=not first)
    yield "INSERT INTO listing (board, thread) VALUES ($1, $2) ON CONFLICT DO NOTHING", (board, thread.id)
    if first:
        yield "UPDATE thread SET arrived=0, stood=COALESCE(stood, $2) WHERE id=$1", (thread.id, listed.replies)
    return thread


def _ingest_leaf(
    source: SourceRow, page: Listing, leaf: ThreadPage, board: int, caps: ForumCapabilities, now: Millis
) -> Unit[Ingested]:
    """Store the posts of a thread that a board's list shows; such a page proves nothing absent."""
    there = yield "SELECT 1 FROM thread WHERE forum=$1 AND key=$2", (source.forum, leaf.thread.key)
    thread = yield from _ensure_listed(source, page, leaf.thread, board)
    if not there:
        yield "UPDATE thread SET in_list=1 WHERE id=$1", (thread.id,)
    before = yield from known(thread, leaf.posts, False)
    changes = compare(before, msgspec.structs.replace(leaf, complete=False))
    old = changes.added if source.baseline_at is None or leaf.resurfaced else ()
    return (yield from _apply(thread, changes, old, caps, now))


def backfill_newest(source: SourceRow, thread: int, now: Millis) -> Unit[tuple[int, list[int]]]:
    """Let the mirrors of a board that was just read for the first time show its newest thread whole.

    Messages that are owed at once, and the threads that have to be read first.
    """
    mirrors = yield "SELECT id FROM mirror WHERE board=$1 AND state='active'", (source.board,)
    owed = 0
    for (mirror,) in mirrors:
        owed += yield from owe_known(mirror, thread, now)
    if not mirrors or not (yield from read_alone(thread)):
        return owed, []
    reader = yield from ensure_source(source.forum, None, thread, now)
    yield "UPDATE source SET next_at=$2 WHERE id=$1", (reader, now)
    return owed, [thread]


def read_alone(thread: int) -> Unit[bool]:
    """Whether a thread is read by itself; else its posts come with the list of its board alone."""
    return bool((yield "SELECT 1 FROM thread WHERE id=$1 AND in_list=0", (thread,)))


def owe_known(mirror: int, thread: int, now: Millis) -> Unit[int]:
    """Let a mirror that is to show a thread whole have the posts that are known already; how many messages are owed."""
    yield from show_whole(mirror, thread)
    views = yield from posts_of(thread)
    opening = yield from opening_post(thread)
    mirrors = [m for m in (yield from mirrors_of(thread)) if m.id == mirror]
    whole = [PostView(v.id, min(v.n, 0), v.seq, v.op, v.live, v.revision) for v in views]
    return (yield from _owe_added(thread, whole, opening, mirrors, now))
