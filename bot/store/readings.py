"""What a reading says about the next one: when it comes, what it is made with, and what may have been missed."""

from __future__ import annotations

from bot.model import DAY, Bookmark, Listing, Millis, Tempo, ThreadPage
from bot.pace import (
    LONGEST,
    Rate,
    Terms,
    beat,
    begun,
    calm,
    counted,
    eased,
    lies,
    planned,
    slides,
    slot,
    slowed,
    weight,
)
from bot.store.notices import close_notice, close_quietly, tell_concerned
from bot.store.sources import SourceRow
from bot.store.unit import Unit, one
from bot.texts import say

GAP_SHOWN = 30 * DAY
"""How long it is shown that posts may have been missed; by then nobody looks for them any more."""

EN_MASSE = 20
"""Sources of one forum that may be overdue without being spread."""


def read_on(
    source: SourceRow, page: Listing | ThreadPage | None, terms: Terms, now: Millis, news: int = 0, thread: int = 0
) -> Unit[None]:
    """Note a successful reading that brought so many news, and when the next one is; None: nothing had changed.

    `thread` is the one that was read, where the source is a thread's.
    """
    yield from _note_gap(source, page, now)
    bookmark = source.bookmark if page is None else page.bookmark
    lying = int(source.lying or (terms.whole and lies(source.bookmark, bookmark)))
    tempo, items = _known(source, now) if page is None else (page.tempo, _items(page))
    if source.rate.at is None:
        rate = begun(items, tempo.window, now)
    else:
        rate = counted(source.rate, 0 if source.baseline_at is None else news, now)  # what was there is no news
    whole = now if terms.whole else source.whole_at
    more = page is not None and page.more
    yield (
        """UPDATE source SET rate_fast=$2, rate_slow=$3, rated_at=$4, whole_at=$5, lying=$6, polls=polls+$7, missing=$8
           WHERE id=$1""",
        (source.id, rate.fast, rate.slow, now, whole, lying, int(not more), terms.missing),
    )
    if more:
        yield from read_well(source, bookmark, now, False, now)
        return
    sliding, wait = slides(rate, items, tempo), round(tempo.wait * 1000)
    if source.kind == "board":
        wished: float | None = beat(rate, (yield from _rooms(source.board)), terms)
    else:
        wished = yield from due_again(thread or source.thread or 0, terms, now)
    pause = planned(wished, sliding, wait, terms) if wished is not None else 0
    yield (
        "UPDATE source SET pause=$2, slides=$3, shows=$4, reach=$5, wait=$6 WHERE id=$1",
        (source.id, pause, sliding, items, tempo.window, wait),
    )
    yield from read_well(source, bookmark, now + pause if wished is not None else None, True, now)


def _known(source: SourceRow, now: Millis) -> tuple[Tempo, int]:
    """What the page shows that has not changed: the same things, older by as long as it was not looked at."""
    older = 0 if source.read_at is None else max(0, now - source.read_at)
    reach = None if source.reach is None else source.reach + older
    return Tempo(reach, source.wait / 1000), source.shows


def _items(page: Listing | ThreadPage) -> int:
    if isinstance(page, ThreadPage):
        return len(page.posts)
    return len({listed.key for listed in page.threads} | {leaf.thread.key for leaf in page.pages})


def _rooms(board: int | None) -> Unit[int]:
    rows = yield (
        "SELECT count(DISTINCT place) FROM mirror WHERE board=$1 AND state<>'removed' AND state='active'",
        (board,),
    )
    return int(one(rows))


def due_again(thread: int, terms: Terms, now: Millis) -> Unit[Millis | None]:
    """After how many milliseconds a thread is read again without a sign.

    None where it has been quiet for long and a board that is polled gives the sign. What was mirrored for itself is
    read for ever, and what a moderator has is asked about to its end. A thread in which nothing was ever seen is
    followed from its first reading on.
    """
    [[changed, began, said, told_of]] = yield (
        """SELECT t.changed_at, (SELECT s.baseline_at FROM source s WHERE s.thread=t.id),
             (SELECT MAX(r.said_at) FROM reply r WHERE r.thread=t.id AND r.post_key='' AND r.fate='queued'),
             CASE WHEN EXISTS (SELECT 1 FROM listing l JOIN source s ON s.board=l.board AND s.next_at IS NOT NULL
               WHERE l.thread=t.id) AND NOT EXISTS (SELECT 1 FROM mirror m WHERE m.thread=t.id AND m.state<>'removed')
               THEN 1 ELSE 0 END FROM thread t WHERE t.id=$1""",
        (thread,),
    )
    pause = calm(now, max(changed or began or now, min(said or 0, now)), terms)
    if pause is None and (said is not None or not told_of):
        return max(terms.floor, LONGEST)
    return pause


def read_well(source: SourceRow, bookmark: Bookmark, next_at: Millis | None, complete: bool, now: Millis) -> Unit[None]:
    """Note a successful reading: where it stopped, and when it goes on.

    `source` is what it was when the reading began: if meanwhile somebody made it due earlier, it stays so, if it is not
    polled any more, it stays that way, and if somebody wants it read from its beginning, it will be. Where the reading
    came before its time, for a push asked for it, its own time stays.
    """
    own = next_at
    if complete and next_at is not None and source.own_at is not None and now < source.own_at < next_at:
        own = next_at = source.own_at
    elif not complete:
        own = source.own_at
    yield (
        """UPDATE source SET
             next_at=CASE WHEN next_at=$5 OR (next_at IS NULL AND $5 IS NULL) THEN $2
               WHEN next_at IS NULL OR $2 IS NULL OR next_at<$2 THEN next_at ELSE $2 END, own_at=$6, read_at=$3,
             failures=0, error='',
             baseline_at=CASE WHEN $4=1 THEN COALESCE(baseline_at, $3) ELSE baseline_at END WHERE id=$1""",
        (source.id, next_at, now, int(complete), source.next_at, own),
    )
    yield (
        """UPDATE source SET cursor=$2, etag=$3, last_modified=$4, digest=$5 WHERE id=$1
             AND cursor=$6 AND etag=$7 AND last_modified=$8 AND digest=$9""",
        (source.id, *_cells(bookmark), *_cells(source.bookmark)),
    )


def _cells(bookmark: Bookmark) -> tuple[str, str, str, str]:
    return bookmark.cursor, bookmark.etag, bookmark.last_modified, bookmark.digest


def unchanged(source: SourceRow, terms: Terms, now: Millis) -> Unit[None]:
    """Note that a source is as it was when it was last read."""
    yield from read_on(source, None, terms, now)


def read_badly(source: int, error: str, next_at: Millis | None, missing: bool = False) -> Unit[None]:
    """Note a failed reading; `missing`: the answer was that it is not there. Without `next_at` it is read no more.

    What is not polled any more stays that way.
    """
    yield (
        """UPDATE source SET failures=failures+1, error=$2, missing=CASE WHEN $4=1 THEN missing+1 ELSE 0 END,
             next_at=CASE WHEN next_at IS NULL THEN NULL ELSE $3 END, own_at=$3 WHERE id=$1""",
        (source, error[:500], next_at, int(missing)),
    )


def stop(source: int, why: str) -> Unit[bool]:
    """Read a thread no more, for the forum says that it will not come back; whether it was mirrored for itself."""
    yield "UPDATE source SET next_at=NULL, error=$2 WHERE id=$1", (source, why[:500])
    rows = yield (
        """SELECT 1 FROM mirror m JOIN source s ON s.thread=m.thread WHERE s.id=$1 AND m.state<>'removed'
             AND m.thread IS NOT NULL LIMIT 1""",
        (source,),
    )
    return bool(rows)


def note_news(source: SourceRow) -> Unit[None]:
    """Count whether a push or a poll of its own found the news of a forum that pushes."""
    column = "pushed" if source.own_at is not None and source.next_at != source.own_at else "missed"
    yield f"UPDATE forum SET {column}={column}+1 WHERE id=$1", (source.forum,)


# ---------------------------------------------------------------------------------------------------------- a forum's


def load(forum: str) -> Unit[tuple[float, int]]:
    """What the boards of a forum weigh together (see `pace.Terms.load`), and how many are read."""
    rows = yield (
        """SELECT s.rate_fast, s.rate_slow, (SELECT count(DISTINCT m.place) FROM mirror m WHERE m.board=s.board
             AND m.state<>'removed' AND m.state='active') FROM source s
           WHERE s.forum=(SELECT id FROM forum WHERE name=$1) AND s.next_at IS NOT NULL AND s.kind='board'""",
        (forum,),
    )
    return sum(weight(Rate(fast, slow), rooms) ** 0.5 for fast, slow, rooms in rows), len(rows)


def complained(forum: int, until: Millis, now: Millis) -> Unit[None]:
    """Let no source of a forum that asks for a pause be due before a time, and ask it more rarely from then on."""
    yield "UPDATE source SET next_at=$2 WHERE forum=$1 AND next_at<$2", (forum, until)
    [[factor, since]] = yield "SELECT slowed, slowed_at FROM forum WHERE id=$1", (forum,)
    yield "UPDATE forum SET slowed=$2, slowed_at=$3 WHERE id=$1", (forum, slowed(eased(factor, since, now)), now)


def spread(forum: str, now: Millis) -> Unit[int]:
    """Give each source of a forum its place in its pause where very many are overdue, as after a downtime; how many.

    What is due at once, or was never read, is read first all the same.
    """
    rows = yield (
        """SELECT id, pause FROM source WHERE forum=(SELECT id FROM forum WHERE name=$1) AND next_at<=$2 AND next_at>0
             AND pause>0""",
        (forum, now),
    )
    if len(rows) <= EN_MASSE:
        return 0
    yield (
        "UPDATE source SET next_at=$2, own_at=$2 WHERE id=$1",
        [(id, now + slot(id, pause)) for id, pause in rows],
    )
    return len(rows)


# --------------------------------------------------------------------------------------------------------------- gaps


def _note_gap(source: SourceRow, page: Listing | ThreadPage | None, now: Millis) -> Unit[None]:
    """Keep what may have been missed, and tell whom it concerns, once while it is shown.

    A whole thread that was read to its end leaves none.
    """
    if page is None:
        return
    about, name = f"gap:{source.id}", f"{source.forum_name}: {source.kind} {source.key}"
    if page.gap:
        yield "UPDATE source SET gap=$2, gap_at=$3 WHERE id=$1", (source.id, page.gap[:500], now)
        text = say("notices.gap", source=name, gap=page.gap[:500])
        yield from tell_concerned(about, text, now, thread=source.thread or 0, board=source.board or 0)
    elif source.gap and isinstance(page, ThreadPage) and page.complete and not page.more:
        yield "UPDATE source SET gap='', gap_at=NULL WHERE id=$1", (source.id,)
        yield from close_notice(about, say("notices.gap_over", source=name), now)


def forget_gaps(now: Millis) -> Unit[int]:
    """Show no longer what may have been missed long ago; of how many sources."""
    rows = yield (
        "UPDATE source SET gap='', gap_at=NULL WHERE gap_at<$1 RETURNING id",
        (now - GAP_SHOWN,),
    )
    for (id,) in rows:
        yield from close_quietly(f"gap:{id}", now)
    return len(rows)
