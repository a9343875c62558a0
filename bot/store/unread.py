"""What is new to a person in the boards that a community sees, thread by thread.

What is seen of boards and threads says `bot.store.sight`; threads that a person muted are in no list. Lists hold what
lives behind the mark of the board; the reckoning of each thread is left to `bot.reading.marks`.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from bot.reading.marks import Stand
from bot.store.hidden import shown
from bot.store.marks import MARKED, OWN, STAND, reached, stand_in, unread_of
from bot.store.sight import Sight, sees, shows
from bot.store.unit import Params, Unit

PAGE = 25
"""Threads of one page of a list."""

MOST = 100
"""Threads that are counted of one board: beyond it, "more" says enough."""

END = 1 << 62
"""Behind every post."""

SEES = sees("$1", "$2")

BOARDS = f"""WITH seen (id) AS (
  SELECT m.board FROM mirror m WHERE {SEES} AND m.board IS NOT NULL
  UNION SELECT h.home FROM mirror m JOIN home h ON h.board=m.board WHERE {SEES}
  UNION SELECT t.board FROM mirror m JOIN thread t ON t.id=m.thread WHERE {SEES} AND t.board IS NOT NULL)
SELECT b.id, f.id, f.name, b.name, b.path, b.link, f.next_seq-1, CASE
  WHEN $1 IS NULL OR EXISTS (SELECT 1 FROM mirror m WHERE m.board=b.id AND {SEES}) THEN 'whole'
  WHEN EXISTS (SELECT 1 FROM home h JOIN mirror m ON m.board=h.board WHERE h.home=b.id AND {SEES}) THEN 'listed'
  ELSE 'alone' END
FROM seen s JOIN board b ON b.id=s.id JOIN forum f ON f.id=b.forum ORDER BY f.name, b.path, b.name, b.id"""

HOMELESS = f"""SELECT DISTINCT f.id, f.name, f.next_seq-1 FROM mirror m JOIN thread t ON t.id=m.thread
JOIN forum f ON f.id=t.forum WHERE {SEES} AND t.board IS NULL ORDER BY f.name"""

LISTED = "t.title, t.link, (SELECT count(*) FROM post o WHERE o.thread=t.id AND o.op=1 AND o.state='live'), t.low_n"

VISIBLE = f"AND {shows('$6', '$7')}"
"""Whether a thread `t` of a board that is not mirrored itself stands in a mirror."""

HEARD = "AND NOT EXISTS (SELECT 1 FROM follow w WHERE w.person=$1 AND w.thread=t.id AND w.level='mute')"
"""Whether a person wants to hear of a thread `t` at all; where everything is looked at, that is not asked."""

NEWS = "t.live_seq>$3 AND t.live_seq<$4 AND (tm.seq IS NULL OR tm.seq<t.live_seq)"

ACTIVE = f"""SELECT {STAND}, {LISTED} FROM thread t {MARKED} {OWN} WHERE {{here}} AND {NEWS} {{heard}} {{visible}}
ORDER BY t.live_seq DESC LIMIT $5"""
"""Threads with something alive behind the board's mark, but for those whose own mark is beyond it."""

SINGLE = f"""SELECT {STAND}, {LISTED} FROM (SELECT m.thread FROM mirror m WHERE m.thread IS NOT NULL
    AND {sees("$6", "$7")}) w
  CROSS JOIN thread t {MARKED} {OWN}
WHERE t.id=w.thread AND {{here}} AND {NEWS} {{heard}} ORDER BY t.live_seq DESC LIMIT $5"""
"""The same of threads that are mirrored one by one. Those few come first, which CROSS JOIN tells SQLite: a board holds
many more."""

FORCED = f"""SELECT {STAND}, {LISTED} FROM (SELECT thread FROM thread_mark WHERE person=$1 AND forced=1) w
  CROSS JOIN thread t {MARKED} {OWN}
WHERE t.id=w.thread AND {{here}} AND t.live_seq<=$3 AND t.live_seq<$4 AND tm.seq<t.live_seq {{heard}} {{visible}}
ORDER BY t.live_seq DESC LIMIT $5"""
"""Threads that are unread from before the board's mark on."""

CAME = f"""SELECT {STAND}, {LISTED} FROM (SELECT DISTINCT x.thread+0 AS thread FROM person q
    JOIN moved x ON x.id>q.moved WHERE q.id=$1) w
  CROSS JOIN thread t {MARKED} {OWN}
WHERE t.id=w.thread AND {{here}} AND t.live_seq<=$3 AND t.live_seq<$4 AND (tm.seq IS NULL OR tm.forced=0)
  {{heard}} {{visible}}
ORDER BY t.live_seq DESC LIMIT $5"""
"""Threads that came from another board since the person marked anything: their marks are still those of that board. It
is +0 that lets SQLite look at the newest moves alone."""


class Reach(enum.StrEnum):
    """What a community sees of a board."""

    WHOLE = "whole"  # it mirrors the board
    LISTED = "listed"  # what stands in the lists of boards that it mirrors
    ALONE = "alone"  # threads that it mirrors one by one


class BoardSeen(msgspec.Struct, frozen=True):
    """A board as a community sees it; `id` is None for the threads of a forum that are mirrored and in no board."""

    id: int | None
    forum: int
    forum_name: str = ""
    name: str = ""
    path: tuple[str, ...] = ()
    link: str = ""
    shown: int = 0
    """The newest seq of the forum: up to here it can be marked read, and not beyond."""
    reach: Reach = Reach.WHOLE


class UnreadThread(msgspec.Struct, frozen=True):
    """A thread with something new."""

    id: int
    title: str
    link: str
    replies: int
    """Live ones that are known, old and new."""
    unread: int
    live_seq: int
    """Its newest post: what lists are ordered by."""


class Unread(msgspec.Struct, frozen=True):
    """Threads of a board with something new, the newest first."""

    board: BoardSeen
    threads: tuple[UnreadThread, ...]
    more: bool
    """There are others, older than the last of these."""

    @property
    def posts(self) -> int:
        """New posts in these threads."""
        return sum(thread.unread for thread in self.threads)


# ------------------------------------------------------------------------------------------------------------- boards


def boards_seen(sight: Sight) -> Unit[list[BoardSeen]]:
    """The boards that are seen, those of one forum together."""
    seen = (sight.community, sight.channel)
    boards = [
        BoardSeen(id, forum, site, name, tuple(msgspec.json.decode(path, type=list[str])), link, top, Reach(reach))
        for id, forum, site, name, path, link, top, reach in (yield BOARDS, seen)
    ]
    rows = yield HOMELESS, seen
    return boards + [BoardSeen(None, forum, site, shown=top, reach=Reach.ALONE) for forum, site, top in rows]


def unread_boards(person: int, sight: Sight, most: int = MOST) -> Unit[list[Unread]]:
    """The boards that are seen in which something is new to a person, with at most so many threads of each."""
    found: list[Unread] = []
    for board in (yield from boards_seen(sight)):
        news = yield from unread_threads(person, board, sight, limit=most)
        if news.threads:
            found.append(news)
    return found


def unread_threads(
    person: int, board: BoardSeen, sight: Sight, before: int | None = None, limit: int = PAGE
) -> Unit[Unread]:
    """A page of the threads in which something is new to a person; `before` is the `live_seq` with which one ended."""
    marks = yield (
        """SELECT b.floor_seq, COALESCE(bm.seq, 0) FROM board b
             LEFT JOIN board_mark bm ON bm.person=$1 AND bm.board=b.id WHERE b.id=$2""",
        (person, board.id),
    )
    behind = max(marks[0]) if marks else 0
    end = END if before is None else before
    found: list[UnreadThread] = []
    while len(found) <= limit:
        threads = yield from _candidates(person, board, sight, behind, end, limit + 1)
        counts = yield from _shown(person, sight.community, [stand for stand, _ in threads])
        found += [_listed(stand, cells, count) for (stand, cells), count in zip(threads, counts, strict=True) if count]
        if len(threads) <= limit:
            break
        end = threads[-1][0].live_seq
    return Unread(board, tuple(found[:limit]), len(found) > limit)


def _candidates(
    person: int, board: BoardSeen, sight: Sight, behind: int, end: int, limit: int
) -> Unit[list[tuple[Stand, list[Any]]]]:
    """Threads in which something may be new, the newest first: nothing is left out but what is read for sure."""
    here = "t.board=$2" if board.id is not None else "t.board IS NULL AND t.forum=$2"
    params: Params = (person, board.id if board.id is not None else board.forum, behind, end, limit)
    if board.reach is not Reach.WHOLE:
        params = (*params, sight.community, sight.channel)
    visible = "" if board.reach is Reach.WHOLE else VISIBLE
    heard = "" if sight.community is None else HEARD
    found: dict[int, tuple[Stand, list[Any]]] = {}
    for text in (SINGLE if board.reach is Reach.ALONE else ACTIVE, FORCED, CAME):
        for row in (yield text.format(here=here, visible=visible, heard=heard), params):
            found[row[0]] = stand_in(row[:-4]), list(row[-4:])
    return sorted(found.values(), key=lambda thread: -thread[0].live_seq)[:limit]


HIDES = "SELECT 1 FROM hidden WHERE community=$1 LIMIT 1"

UNSEEN = f"""SELECT count(*) FROM post p WHERE p.thread=$2 AND p.n>$3
  AND NOT EXISTS (SELECT 1 FROM post_dead d WHERE d.thread=p.thread AND d.n=p.n)
  AND NOT EXISTS (SELECT 1 FROM post_mark x WHERE x.person=$1 AND x.thread=p.thread AND x.n=p.n)
  AND NOT {shown("p", "$4")}"""
"""How many of the posts that a person has not read a community hides."""


def _shown(person: int, community: int | None, threads: list[Stand]) -> Unit[list[int]]:
    """How many posts of each thread a person has not read, of those that their community shows."""
    counts = yield from unread_of(person, threads)
    if community is None or not (yield HIDES, (community,)):
        return counts
    upto = yield from reached(threads)
    unseen = yield UNSEEN, [(person, one.thread, n, community) for one, n in zip(threads, upto, strict=True)]
    return [count - int(hidden) for count, (hidden,) in zip(counts, unseen, strict=True)]


def _listed(stand: Stand, cells: list[Any], unread: int) -> UnreadThread:
    title, link, opening, low = cells
    live = stand.last - low - stand.dead  # back-filled ones are numbered from 0 down to low + 1
    return UnreadThread(stand.thread, title, link, live - opening, unread, stand.live_seq)
