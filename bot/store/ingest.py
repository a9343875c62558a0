"""What a reading of a forum brought, stored together with everything that is owed because of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.changes import Beginning, Changes, compare, proves_absence, there_before
from bot.mirroring import PostView, for_deleted
from bot.model import BodyState, Bookmark, ForumCapabilities, Listing, Millis, Post, Thread, ThreadPage
from bot.pace import Terms
from bot.rendering import words_digest
from bot.store.beneath import drawn
from bot.store.choosing import first_read
from bot.store.floods import News, expectation, hold_floods
from bot.store.forums import (
    ThreadRow,
    bury_post,
    ensure_board,
    ensure_thread,
    forget_text,
    insert_posts,
    known,
    move_post,
    posts_of,
    retitle,
    update_post,
)
from bot.store.homes import note_home
from bot.store.losses import losses, note_losses
from bot.store.mirrors import show_whole
from bot.store.opened import know_openers
from bot.store.outbox import owe, standing
from bot.store.owing import Covered, accepted, covered, messages, owe_added, owe_edited
from bot.store.readings import read_on, read_well
from bot.store.recognising import recognise, unseen
from bot.store.signals import wrote_there
from bot.store.sources import SourceRow, clear_damaged, ensure_source, keep_damaged
from bot.store.storable import sound_listing, sound_page
from bot.store.unit import Unit, Value


class Ingested(msgspec.Struct, frozen=True):
    """What a page changed, for the log, for waking whoever is concerned, and for whoever gave the page.

    `owed` counts messages that are to be made or changed: the opening of a chat thread is none. `news` are those added
    that somebody wrote: what befell the thread is none.
    """

    thread: int
    added: int = 0
    news: int = 0
    edited: int = 0
    deleted: int = 0
    losing: int = 0
    owed: int = 0


def ingest_thread(
    source: SourceRow,
    page: ThreadPage,
    terms: Terms | None,
    now: Millis,
    caps: ForumCapabilities = ForumCapabilities(),  # noqa: B008  frozen
) -> Unit[Ingested]:
    """Store a page of a thread: posts, deliveries, cursor and validators, in one commit.

    `terms` say when the thread is read again; None is for a page that was not read but given, which changes nothing in
    that. `caps` says how the forum shows what we wrote there, by which it is recognised.

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
    brought = yield from _arrive(thread, changes, old, caps, now)
    [result] = yield from _apply(None if terms is None else source, [brought], (), now)
    yield from _rename(brought, page.thread.title, now)
    if not page.more:
        yield "UPDATE source SET expected=0 WHERE id=$1 AND expected<>0", (source.id,)
        if source.baseline_at is None:
            yield from first_read(thread.id)
    whole = [post.key for post in page.posts if post.body.state is not BodyState.UNKNOWN]
    yield from clear_damaged(source.id, whole, page.damaged, page.complete and not page.more)
    if page.damaged:
        yield from keep_damaged(source.id, page.damaged, now)
    if terms is not None:
        yield from read_on(source, page, terms, now, result.news, thread.id)
    elif source.next_at is None:
        yield from read_well(source, page.bookmark, None, not page.more, now)
    yield from note_losses(source, lost, changes, page, now)
    if terms is not None and proves_absence(page):
        yield from unseen(thread.id, now)
    if not page.more and page.thread.token:
        yield "UPDATE thread SET token=$2 WHERE id=$1", (thread.id, page.thread.token)
    return result


def _beginning(thread: ThreadRow) -> Unit[Beginning | None]:
    """When the first of the boards that list a thread was read for the first time; None where none is read."""
    [[moment, known]] = yield (
        """SELECT MIN(s.baseline_at), (SELECT count(*) FROM post WHERE thread=$1 AND op=0 AND event=0
             AND state='live')
           FROM listing l JOIN source s ON s.board=l.board AND s.next_at IS NOT NULL WHERE l.thread=$1""",
        (thread.id,),
    )
    if moment is None:
        return None
    return Beginning(moment, not thread.arrived, None if thread.stood is None else thread.stood - known)


class Brought(msgspec.Struct, frozen=True):
    """A page of a thread whose new posts are stored, and nothing else yet: only then it is known how much came."""

    thread: Covered
    changes: Changes
    posts: tuple[PostView, ...]
    """What is new in the thread."""
    fresh: frozenset[int]
    """Those of the posts that were not known at all; the others stood in another thread."""


def _arrive(
    thread: ThreadRow, changes: Changes, old: Sequence[Post], caps: ForumCapabilities, now: Millis
) -> Unit[Brought]:
    """Store the posts that are new in a thread; those of `old` are back-filled."""
    here = yield from covered(thread.id)
    backfilled = {post.key for post in old}
    added = yield from insert_posts(thread, tuple(p for p in changes.added if p.key in backfilled), True, now)
    fresh = tuple(p for p in changes.added if p.key not in backfilled)
    arrived = yield from insert_posts(thread, fresh, False, now)
    written = {view.id: post.author.id for view, post in zip(arrived, fresh, strict=True)}
    yield from wrote_there(thread.forum, written)
    added += arrived
    if added:
        yield from recognise(thread.id, changes.added, caps, now)
        yield from know_openers(thread.id, changes.added, caps, now)
    came: list[PostView] = []
    for earlier, post in changes.came:
        came.append((yield from move_post(earlier, thread, post.op)))
    if here.opening is None:
        opening = next((view for view in (*added, *came) if view.op), None)
        here = msgspec.structs.replace(here, opening=opening)
    return Brought(here, changes, (*added, *came), frozenset(view.id for view in added))


def _apply(
    source: SourceRow | None, brought: Sequence[Brought], threads: Sequence[int], now: Millis
) -> Unit[list[Ingested]]:
    """Owe what the pages of one reading brought, but for what comes in a flood; what each of them came to.

    `threads` became known and are read later. Without a source the pages were given, and are no reading.
    """
    news: list[News] = []
    for one in brought:
        news.append(News(one.thread, one.posts, (yield from accepted(one.thread, one.posts)), one.fresh))
    if source is not None:
        news = yield from hold_floods(source, news, threads, now)
    results: list[Ingested] = []
    for one, new in zip(brought, news, strict=True):
        owed = yield from owe_added(new.thread, new.posts, new.let, now)
        results.append((yield from _change(new.thread, one, owed, now)))
    return results


def _change(thread: Covered, brought: Brought, owed: int, now: Millis) -> Unit[Ingested]:
    """Store what changed in posts that were known, and owe it where they stand."""
    changes, opening = brought.changes, thread.opening
    added = [view for view in brought.posts if view.id in brought.fresh]
    for view in added:
        if not view.live:  # of what a chat user said, the message stands already
            acts = for_deleted(view, (yield from standing([view.id])))
            yield from owe(thread.id, acts, now)
            owed += messages(acts)
    for earlier, post in changes.edited:
        view = yield from update_post(earlier, post, now)
        yield from drawn(view.id, post)
        if thread.mirrors:
            stands = yield from standing([view.id] if opening is None else [view.id, opening.id])
            words = words_digest(post.body.text, post.body.format) if any(s.words for s in stands) else ""
            owed += yield from owe_edited(thread, view, words, stands, now)
    for earlier, post in changes.moved:
        yield "UPDATE post SET number=$2, position=$3 WHERE id=$1", (earlier.id, post.number, post.position)
    if changes.refreshed:
        texts: list[tuple[Value, ...]] = [(earlier.id, post.body.text) for earlier, post in changes.refreshed]
        yield "UPDATE post SET body=$2 WHERE id=$1 AND body NOT IN ($2, '')", texts  # one that left does not come back
    for earlier, state in changes.deleted:
        view = yield from bury_post(earlier, state, now)
        acts = for_deleted(view, (yield from standing([view.id])))
        yield from owe(thread.id, acts, now)
        yield from forget_text(view.id)
        owed += messages(acts)
    if brought.posts or changes.edited or changes.deleted:
        yield "UPDATE thread SET changed_at=$2 WHERE id=$1", (thread.id, now)
    return Ingested(
        thread.id,
        len(added),
        sum(not view.event for view in added),
        len(changes.edited),
        len(changes.deleted),
        len(changes.losing),
        owed,
    )


def _rename(brought: Brought, title: str, now: Millis) -> Unit[None]:
    """Note what a thread's page calls it; an OP that bore its former title is edited, unless it is anyhow."""
    thread, changes = brought.thread, brought.changes
    rows = yield "SELECT titled FROM thread WHERE id=$1 AND titled<>$2 AND $2<>''", (thread.id, title)
    if not rows:
        return
    former = str(rows[0][0])
    yield "UPDATE thread SET titled=$2 WHERE id=$1", (thread.id, title)
    opening = thread.opening
    told = any(post.op for post in (*changes.added, *(post for _, post in (*changes.edited, *changes.came))))
    if former and opening is not None and not told and (view := (yield from retitle(opening.id, former, title, now))):
        # What a person said in the chat cannot be given a title there.
        stands = [there for there in (yield from standing([view.id])) if not there.words]
        yield from owe_edited(thread, view, "", stands, now)


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
    terms: Terms,
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
    brought: list[Brought] = []
    for leaf in reversed(page.pages):  # in the order in which they were written
        brought.append((yield from _ingest_leaf(source, page, leaf, board, caps, now)))
    newest = [one.thread.id for one in reversed(brought)]
    due: list[int] = []
    fresh: list[int] = []
    expected = yield from expectation(source, now)
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
            yield (
                """UPDATE source SET next_at=CASE WHEN next_at<$2 THEN next_at ELSE $2 END,
                     expected=CASE WHEN expected>$3 THEN expected ELSE $3 END WHERE id=$1""",
                (reader, now, expected),
            )
            due.append(thread.id)
            if listed.key not in known_before:
                fresh.append(thread.id)
    shown = yield from _apply(source, brought, fresh, now)
    whole: list[str] = [listed.key for listed in page.threads]
    whole += [post.key for leaf in page.pages for post in leaf.posts]
    damaged = [*page.damaged, *(item for leaf in page.pages for item in leaf.damaged)]
    yield from clear_damaged(source.id, whole, damaged, False)
    if damaged:
        yield from keep_damaged(source.id, damaged, now)
    elif not page.more:  # whatever could not even be named is whole again, or has left the list
        yield "DELETE FROM damaged WHERE source=$1 AND key=''", (source.id,)
    yield from read_on(source, page, terms, now, len(due) + sum(result.news for result in shown))
    if first and newest and source.bookmark == Bookmark():
        owed, asked = yield from backfill_newest(source, newest, now)
        shown.append(Ingested(newest[0], owed=owed))
        due.extend(asked)
    return Listed(tuple(due), tuple(shown))


def _ensure_listed(source: SourceRow, page: Listing, listed: Thread, board: int) -> Unit[ThreadRow]:
    """A thread that stands in a board's list, as it is now."""
    first = source.baseline_at is None
    thread = yield from ensure_thread(source.forum, listed, arrived=not first, listed_in=page.board)
    if thread.home != board:
        yield "INSERT INTO listing (board, thread) VALUES ($1, $2) ON CONFLICT DO NOTHING", (board, thread.id)
        yield from note_home(thread.id)
    if first:
        yield "UPDATE thread SET arrived=0, stood=COALESCE(stood, $2) WHERE id=$1", (thread.id, listed.replies)
    return thread


def _ingest_leaf(
    source: SourceRow, page: Listing, leaf: ThreadPage, board: int, caps: ForumCapabilities, now: Millis
) -> Unit[Brought]:
    """Store the posts of a thread that a board's list shows; such a page proves nothing absent."""
    there = yield "SELECT 1 FROM thread WHERE forum=$1 AND key=$2", (source.forum, leaf.thread.key)
    thread = yield from _ensure_listed(source, page, leaf.thread, board)
    if not there:
        yield "UPDATE thread SET in_list=1 WHERE id=$1", (thread.id,)
    before = yield from known(thread, leaf.posts, False)
    changes = compare(before, msgspec.structs.replace(leaf, complete=False))
    old = changes.added if source.baseline_at is None or leaf.resurfaced else ()
    return (yield from _arrive(thread, changes, old, caps, now))


def backfill_newest(source: SourceRow, listed: Sequence[int], now: Millis) -> Unit[tuple[int, list[int]]]:
    """Let mirrors of a board that was just read for the first time show as many of its newest threads as they are to.

    Messages that are owed at once, and the threads that have to be read first: the oldest of them first.
    """
    mirrors = yield "SELECT id, newest FROM mirror WHERE board=$1 AND state<>'removed'", (source.board,)
    most = max((newest for _, newest in mirrors), default=0)
    owed, asked = 0, []
    for back, thread in reversed(list(enumerate(listed[:most]))):
        for mirror, newest in mirrors:
            if back < newest:
                owed += yield from owe_known(mirror, thread, now)
        if (yield from read_alone(thread)):
            reader = yield from ensure_source(source.forum, None, thread, now)
            yield "UPDATE source SET next_at=$2 WHERE id=$1", (reader, now - back)
            asked.append(thread)
    return owed, asked


def newest_listed(board: int, most: int) -> Unit[list[int]]:
    """The threads of a board's list in which something happened last, the newest first."""
    rows = yield (
        """SELECT l.thread FROM listing l JOIN thread t ON t.id=l.thread WHERE l.board=$1
           ORDER BY t.live_seq DESC, t.changed_at DESC, t.id DESC LIMIT $2""",
        (board, most),
    )
    return [int(thread) for (thread,) in rows]


def read_alone(thread: int) -> Unit[bool]:
    """Whether a thread is read by itself; else its posts come with the list of its board alone."""
    return bool((yield "SELECT 1 FROM thread WHERE id=$1 AND in_list=0", (thread,)))


def owe_known(mirror: int, thread: int, now: Millis) -> Unit[int]:
    """Let a mirror that is to show a thread whole have the posts that are known already; how many messages are owed."""
    yield from show_whole(mirror, thread)
    views = yield from posts_of(thread)
    here = yield from covered(thread)
    here = msgspec.structs.replace(here, mirrors=[m for m in here.mirrors if m.id == mirror])
    whole = [msgspec.structs.replace(v, n=min(v.n, 0)) for v in views]
    return (yield from owe_added(here, whole, (yield from accepted(here, whole)), now))
