"""Floods: more news at once than a mirror ever had wait for an admin's choice, and nothing of them is owed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bot.mirroring import MirrorView, PostView, Withheld, expected, floods, wanted
from bot.model import DAY, HOUR, MINUTE, Millis
from bot.offers import of_flood
from bot.store.choosing import about, open_floods, short
from bot.store.notices import open_notice
from bot.store.owing import Covered
from bot.store.sources import SourceRow
from bot.store.unit import Unit, Value, one
from bot.texts import say

TITLES = 3
"""Threads that are named in what admins are told of a flood."""
RECENT = 1000
"""The newest posts of a thread among which those are looked for that were owed a moment ago."""


class News(msgspec.Struct, frozen=True):
    """What a reading brought of one thread, and the mirrors that let each of its posts through."""

    thread: Covered
    posts: Sequence[PostView]
    let: Mapping[int, Sequence[MirrorView]]
    fresh: frozenset[int]
    """Those of the posts that were not known at all."""

    def counted(self) -> dict[int, list[PostView]]:
        """What is news to each mirror."""
        found: dict[int, list[PostView]] = {}
        for post in self.posts:
            if post.id in self.fresh and post.live and post.n > 0 and not post.event:
                for mirror in wanted(post, self.let[post.id]):
                    found.setdefault(mirror.id, []).append(post)
        return found


def expectation(source: SourceRow, now: Millis) -> Unit[float]:
    """News that are to be expected of a source now; of a thread no less than what the list of its board let expect."""
    if source.read_at is None or source.baseline_at is None:
        return 0.0
    [[slow, fast, listed]] = yield "SELECT rate_slow, rate_fast, expected FROM source WHERE id=$1", (source.id,)
    if source.thread is not None:
        slow = max(slow, (yield from _thread_rate(source.thread, source.baseline_at, source.read_at)))
    return max(expected(slow, fast, max(now - source.read_at, MINUTE)), float(listed))


def _thread_rate(thread: int, baseline: Millis, until: Millis) -> Unit[float]:
    """Posts per day that arrived in a thread in the week before it was last read."""
    begun = max(until - 7 * DAY, baseline)
    rows = yield (
        """SELECT count(*) FROM (SELECT seen_at FROM post WHERE thread=$1 AND seq>0 AND event=0 ORDER BY seq DESC
             LIMIT $4) o WHERE o.seen_at>$2 AND o.seen_at<=$3""",
        (thread, begun, until, RECENT),
    )
    return int(one(rows)) * DAY / max(until - begun, HOUR)


def hold_floods(source: SourceRow, news: list[News], threads: Sequence[int], now: Millis) -> Unit[list[News]]:
    """The news, with those kept back from a mirror that are more at once than it ever had; its admins are told.

    `threads` became known and are read later: each counts as a post. A first reading is no flood. Of what is read page
    by page, what came within the last minute counts together.
    """
    if source.baseline_at is None or source.read_at is None:
        return news
    fresh = [one.counted() for one in news]
    counts: dict[int, int] = {}
    for found in fresh:
        for mirror, posts in found.items():
            counts[mirror] = counts.get(mirror, 0) + len(posts)
    if threads:
        rows = yield "SELECT id FROM mirror WHERE board=$1 AND state<>'removed'", (source.board,)
        for (mirror,) in rows:
            counts[mirror] = counts.get(mirror, 0) + len(threads)
    if counts and now - source.read_at < MINUTE:
        for mirror in counts:
            for one, found in zip(news, fresh, strict=True):
                if mirror in found:
                    since = max(now - MINUTE, source.baseline_at)
                    counts[mirror] += yield from _shown_since(mirror, one.thread.id, since)
    if not any(floods(count, 0) for count in counts.values()):
        return news
    usual = yield from expectation(source, now)
    for mirror in sorted(mirror for mirror, count in counts.items() if floods(count, usual)):
        starts = [
            (one.thread.id, min(post.seq for post in found[mirror]))
            for one, found in zip(news, fresh, strict=True)
            if mirror in found
        ]
        if threads:
            [[coming]] = yield "SELECT next_seq FROM forum WHERE id=$1", (source.forum,)
            starts += [(thread, coming) for thread in threads]
        flood = yield from keep_back(mirror, starts, now)
        news = [_kept_back(one, mirror, flood, dict(starts)) for one in news]
    return news


def _shown_since(mirror: int, thread: int, since: Millis) -> Unit[int]:
    """How many posts of a thread that came after a moment a mirror's channel was owed."""
    rows = yield (
        """SELECT count(*) FROM (SELECT id, seen_at FROM post WHERE thread=$2 AND seq>0 AND event=0 ORDER BY seq DESC
             LIMIT $4) o JOIN mirror m ON m.id=$1 WHERE o.seen_at>$3 AND EXISTS (SELECT 1 FROM delivery d
             WHERE d.subject='post' AND d.subject_id=o.id AND d.act='create' AND d.channel=m.place)""",
        (mirror, thread, since, RECENT),
    )
    return int(one(rows))


def _kept_back(news: News, mirror: int, flood: int, starts: Mapping[int, int]) -> News:
    start = starts.get(news.thread.id)
    if start is None:
        return news

    def marked(view: MirrorView) -> MirrorView:
        if view.id != mirror:
            return view
        return msgspec.structs.replace(view, withheld=(*view.withheld, Withheld(flood, start)))

    thread = msgspec.structs.replace(news.thread, mirrors=[marked(one) for one in news.thread.mirrors])
    let = {post: [marked(one) for one in some] for post, some in news.let.items()}
    return msgspec.structs.replace(news, thread=thread, let=let)


def keep_back(mirror: int, starts: Sequence[tuple[int, int]], now: Millis) -> Unit[int]:
    """Put threads into a mirror's open flood, each from a post on; its admins are told when it opens."""
    yield "INSERT INTO flood (mirror, opened_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", (mirror, now)
    flood = int(one((yield "SELECT id FROM flood WHERE mirror=$1 AND choice=''", (mirror,))))
    rows: list[tuple[Value, ...]] = [(flood, thread, start) for thread, start in starts]
    yield "INSERT INTO flood_thread (flood, thread, from_seq) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", rows
    [waits] = yield from open_floods(None, mirror)
    titles = yield (
        "SELECT t.title FROM flood_thread x JOIN thread t ON t.id=x.thread WHERE x.flood=$1 ORDER BY x.from_seq, t.id",
        (flood,),
    )
    named = ", ".join(f"“{short(title)}”" for (title,) in titles[:TITLES])
    if len(titles) > TITLES:
        named = say("floods.named_more", named=named, more=len(titles) - TITLES)
    text = say("floods.came", what=waits.what, named=named)
    yield from open_notice(waits.community, about(flood), text, now, offers=of_flood(mirror))
    return flood
