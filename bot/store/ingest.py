"""What a reading of a forum brought, stored together with everything that is owed because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bot.changes import Changes, compare
from bot.mirroring import MirrorView, Owed, PostView, Standing, for_added, for_deleted, for_edited, wanted
from bot.model import BodyState, Bookmark, ForumCapabilities, Listing, Millis, Post, PostKey, ThreadPage
from bot.rendering import words_digest
from bot.store.forums import (
    ThreadRow,
    bury_post,
    ensure_board,
    ensure_thread,
    forget_text,
    insert_posts,
    known,
    opening_post,
    posts_of,
    update_post,
)
from bot.store.outbox import owe, standing
from bot.store.places import mirrors_of, show_whole
from bot.store.sources import SourceRow, ensure_source, keep_damaged, read_well
from bot.store.turns import adopt
from bot.store.unit import Unit, one

RESURFACED = 24 * 3600 * 1000
"""Milliseconds by which a post must be older than its board's first reading to be no news in a thread that is: forums'
clocks differ, and a new post that is not shown is worse than an old one that is."""

FOREVER = 2**63 - 1


class Ingested(msgspec.Struct, frozen=True):
    """What a page changed, for the log and for waking whoever is concerned."""

    thread: int
    added: int = 0
    edited: int = 0
    deleted: int = 0
    losing: int = 0
    owed: int = 0


def ingest_thread(
    source: SourceRow,
    page: ThreadPage,
    next_at: Millis | None,
    now: Millis,
    caps: ForumCapabilities = ForumCapabilities(),  # noqa: B008  frozen
) -> Unit[Ingested]:
    """Store a page of a thread: posts, deliveries, cursor and validators, in one commit.

    `caps` says how the forum shows what we wrote there, by which it is recognised.

    Posts of a thread that was first seen after its board's first reading have arrived, but for those that were there
    long before it (an old thread resurfaced); those of the first reading of any other thread are back-filled.
    """
    thread = yield from ensure_thread(source.forum, page.thread, arrived=False)
    before = yield from known(thread, page.posts, page.complete and not page.more)
    changes = compare(before, page, keys(source.agreed), keys(source.kept))
    old = 0
    if source.baseline_at is None:
        old = (yield from _board_began(thread.id)) - RESURFACED if thread.arrived else FOREVER
    result = yield from _apply(thread, before, changes, old, caps, now)
    if page.damaged:
        yield from keep_damaged(source.id, page.damaged, now)
    yield from read_well(source.id, page.bookmark, next_at, not page.more, now)
    losing = msgspec.json.encode([lost.key for lost in changes.losing]).decode() if changes.losing else ""
    if losing or source.losing or source.agreed:
        # What was agreed to holds until the thread was read to its end.
        agreed = source.agreed if page.more else ""
        yield "UPDATE source SET losing=$2, agreed=$3 WHERE id=$1", (source.id, losing, agreed)
    if not page.more and page.thread.token:
        yield "UPDATE thread SET token=$2 WHERE id=$1", (thread.id, page.thread.token)
    return result


def _board_began(thread: int) -> Unit[Millis]:
    rows = yield (
        """SELECT COALESCE(MIN(s.baseline_at), 0) FROM listing l JOIN source s ON s.board=l.board WHERE l.thread=$1""",
        (thread,),
    )
    return int(one(rows))


def keys(stored: str) -> list[PostKey]:
    """Keys of posts from their stored form."""
    return msgspec.json.decode(stored, type=list[PostKey]) if stored else []


def _apply(
    thread: ThreadRow,
    before: Mapping[PostKey, object],
    changes: Changes,
    old: Millis,
    caps: ForumCapabilities,
    now: Millis,
) -> Unit[Ingested]:
    mirrors = yield from mirrors_of(thread.id)
    opening = yield from opening_post(thread.id)
    owed = 0
    added = yield from insert_posts(thread, tuple(p for p in changes.added if p.created.latest < old), True, now)
    added += yield from insert_posts(thread, tuple(p for p in changes.added if p.created.latest >= old), False, now)
    if added:
        yield from _recognise(thread, changes.added, caps)
        opening = opening or next((view for view in added if view.op), None)
        owed += yield from _owe_added(thread.id, added, opening, mirrors, now)
    for view in added:
        if not view.live:  # of what a chat user said, the message stands already
            acts = for_deleted(view, (yield from standing([view.id])))
            yield from owe(thread.id, acts, now)
            owed += len(acts)
    for earlier, post in changes.edited:
        view = yield from update_post(earlier, post, now)
        if mirrors:
            stands = yield from standing([view.id] if opening is None else [view.id, opening.id])
            words = words_digest(post.body.text, post.body.format) if any(s.words for s in stands) else ""
            acts = for_edited(view, stands, words) + for_added(view, _other(opening, view), mirrors, stands)
            yield from owe(thread.id, acts, now)
            owed += len(acts)
    for earlier, post in changes.moved:
        yield "UPDATE post SET number=$2, position=$3 WHERE id=$1", (earlier.id, post.number, post.position)
    for earlier, state in changes.deleted:
        view = yield from bury_post(earlier, state, now)
        acts = for_deleted(view, (yield from standing([view.id])))
        yield from owe(thread.id, acts, now)
        yield from forget_text(view.id)
        owed += len(acts)
    if added or changes.edited or changes.deleted:
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
    return len(owed)


def _recognise(thread: ThreadRow, posts: Sequence[Post], caps: ForumCapabilities) -> Unit[None]:
    """Match new posts against what chat users said here: what came from a chat is that message, not a new one.

    Where nothing marks it, its words do: those that were sent, for the message may say others by now. A moderator may
    still let through what was rejected, but not what the forum never took.
    """
    rows = yield (
        """SELECT r.id, r.post_key, r.name, r.text, r.format, CASE WHEN r.fate='refused' AND r.ticket='' THEN 1 ELSE 0
             END, f.account, p.marker, COALESCE(p.payload, '')
           FROM reply r JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum
             LEFT JOIN delivery d ON d.subject='reply' AND d.subject_id=r.id AND d.act='create'
             LEFT JOIN part p ON p.delivery=d.id AND p.part=0
           WHERE r.thread=$1 AND r.fate<>'dropped' AND (r.post_key='' OR NOT EXISTS
             (SELECT 1 FROM copy c WHERE c.reply=r.id))
           ORDER BY CASE WHEN r.fate='refused' THEN 1 ELSE 0 END, r.id""",
        (thread.id,),
    )
    waiting = {row[0]: _Waiting(caps, *row[1:]) for row in rows}
    for post in posts:
        for id, reply in waiting.items():
            if reply.became(post):
                del waiting[id]
                yield from settle_reply_as(id, post.key)
                break


class _Waiting:
    """What a chat user said that is not known as a post yet."""

    def __init__(
        self,
        caps: ForumCapabilities,
        key: str,
        name: str,
        text: str,
        format: str,
        refused: int,
        account: str,
        marker: str | None,
        payload: str,
    ) -> None:
        self._key = key
        self._names = (name, account)
        self._refused = bool(refused)
        self._marker = marker
        self._said = words_digest(text, format)
        self._sent = words_digest(msgspec.json.decode(payload)["text"], caps.format) if payload else ""
        self._shared = caps.write_identity == "shared"

    def became(self, post: Post) -> bool:
        """Whether a post is this message."""
        if self._key:
            return self._key == post.key
        if self._refused:
            return False
        if post.marker and self._marker:
            return post.marker == self._marker
        if post.body.state is not BodyState.PRESENT:
            return False
        words = words_digest(post.body.text, post.body.format)
        if post.author.name in self._names:
            return words in (self._said, self._sent)
        # What our shared account is called, we are not told; but the words that it sent name who said them.
        return self._shared and words == self._sent


def settle_reply_as(reply: int, post: PostKey) -> Unit[None]:
    """Note that a chat message is this post, whatever had been known of its fate."""
    yield (
        "UPDATE reply SET post_key=$2, fate='posted', reason='', sent_revision=CASE WHEN sent_revision=0 THEN 1 ELSE"
        " sent_revision END WHERE id=$1",
        (reply, post),
    )
    yield (
        """UPDATE delivery SET state='sent', reason='', settled_at=made_at WHERE subject='reply' AND subject_id=$1
             AND act='create' AND state IN ('sending', 'held')""",
        (reply,),
    )
    # Claimed: read-back must not take it for another message with the same words.
    yield (
        """UPDATE part SET remote=$2, payload='' WHERE part=0 AND delivery IN
             (SELECT id FROM delivery WHERE subject='reply' AND subject_id=$1 AND act='create')""",
        (reply, post),
    )
    yield from adopt(reply)


def ingest_listing(source: SourceRow, page: Listing, next_at: Millis | None, now: Millis) -> Unit[list[int]]:
    """Store a page of a board's list and make the threads due whose evidence changed; those threads' ids.

    The first reading of a board posts nothing by itself: its threads are known from then on, and what a mirror is to
    show of them is asked for by `backfill_newest`.
    """
    board = yield from ensure_board(source.forum, page.board)
    first = source.baseline_at is None
    due: list[int] = []
    newest: list[int] = []
    for listed in page.threads:
        home = listed if listed.board is not None else msgspec.structs.replace(listed, board=page.board)
        rows = yield "SELECT id FROM thread WHERE forum=$1 AND key=$2", (source.forum, listed.key)
        fresh = not rows
        thread = yield from ensure_thread(source.forum, home, arrived=not first)
        yield "INSERT INTO listing (board, thread) VALUES ($1, $2) ON CONFLICT DO NOTHING", (board, thread.id)
        newest.append(thread.id)
        changed = not listed.token or listed.token != thread.token
        if first and fresh:
            # Known from here on; read when something happens in it, or when a mirror wants it whole.
            yield "UPDATE thread SET token=$2 WHERE id=$1", (thread.id, listed.token)
            continue
        if changed:
            reader = yield from ensure_source(source.forum, None, thread.id, now)
            yield "UPDATE source SET next_at=CASE WHEN next_at<$2 THEN next_at ELSE $2 END WHERE id=$1", (reader, now)
            due.append(thread.id)
    if page.damaged:
        yield from keep_damaged(source.id, page.damaged, now)
    yield from read_well(source.id, page.bookmark, next_at, not page.more, now)
    if first and newest and source.bookmark == Bookmark():
        due.extend((yield from backfill_newest(source, newest[0], now)))
    return due


def backfill_newest(source: SourceRow, thread: int, now: Millis) -> Unit[list[int]]:
    """Let the mirrors of a board that was just read for the first time show its newest thread whole."""
    rows = yield "SELECT id FROM mirror WHERE board=$1 AND state='active'", (source.board,)
    for (mirror,) in rows:
        yield from show_whole(mirror, thread)
    if rows:
        reader = yield from ensure_source(source.forum, None, thread, now)
        yield "UPDATE source SET next_at=$2 WHERE id=$1", (reader, now)
    return [thread] if rows else []


def owe_known(mirror: int, thread: int, now: Millis) -> Unit[int]:
    """Let a mirror that is to show a thread whole have the posts that are known already; how many are owed."""
    yield from show_whole(mirror, thread)
    views = yield from posts_of(thread)
    opening = yield from opening_post(thread)
    mirrors = [m for m in (yield from mirrors_of(thread)) if m.id == mirror]
    whole = [PostView(v.id, min(v.n, 0), v.seq, v.op, v.live, v.revision) for v in views]
    return (yield from _owe_added(thread, whole, opening, mirrors, now))
