"""What an admin chooses about news that came all at once: post them, list them in one message, or leave them out."""

from __future__ import annotations

from itertools import groupby

import msgspec

from bot import markup
from bot.errors import NotFound
from bot.jobs import Subject
from bot.mirroring import Act
from bot.model import Millis
from bot.store.forums import view
from bot.store.mirrors import one_mirror
from bot.store.notices import close_notice
from bot.store.outbox import owe_one
from bot.store.owing import accepted, covered, owe_added
from bot.store.places import audit
from bot.store.report import PLACE
from bot.store.unit import Unit, one
from bot.texts import say

CHOICES = ("all", "digest", "seen")

FLOOD = "flood:"
"""What notices about floods begin with."""

TITLE = 80
"""Characters of a title in what is told of a flood."""
LISTED = 40
"""Threads that a digest lists."""

NEXT_SEQ = "(SELECT f.next_seq FROM thread t JOIN forum f ON f.id=t.forum WHERE t.id=flood_thread.thread)"
"""Behind the newest post of a thread's forum."""


def about(flood: int) -> str:
    """Under which notice admins are told of a flood."""
    return f"{FLOOD}{flood}"


def short(title: str) -> str:
    """A title as it is named among others."""
    return markup.excerpt(markup.read(title, "plain"), TITLE)


class Flood(msgspec.Struct, frozen=True):
    """A flood that waits for an admin's choice."""

    id: int
    mirror: int
    community: int
    of: str
    place: str
    threads: int
    posts: int
    """Those that are known and live."""
    since: Millis

    @property
    def what(self) -> str:
        """What waits, in words."""
        threads = say("words.threads", self.threads)
        if not self.posts:
            return say("floods.what", threads=threads, of=self.of, mirror=self.mirror, place=self.place)
        posts = say("words.posts", self.posts)
        return say("floods.posts", posts=posts, threads=threads, of=self.of, mirror=self.mirror, place=self.place)

    @property
    def choices(self) -> str:
        """What an admin can say about it."""
        return say("floods.choices", mirror=self.mirror)


def open_floods(community: int | None, mirror: int | None = None) -> Unit[list[Flood]]:
    """The floods of a community that wait for a choice, or that of one mirror."""
    rows = yield (
        f"""SELECT f.id, m.id, m.community, COALESCE(b.name, t.title), {PLACE},
             (SELECT count(*) FROM flood_thread x WHERE x.flood=f.id),
             (SELECT count(*) FROM flood_thread x JOIN post o ON o.thread=x.thread AND o.seq>=x.from_seq
                WHERE x.flood=f.id AND o.state='live' AND o.event=0), f.opened_at
           FROM flood f JOIN mirror m ON m.id=f.mirror JOIN place p ON p.id=m.place
             LEFT JOIN board b ON b.id=m.board LEFT JOIN thread t ON t.id=m.thread
           WHERE f.choice='' AND ($1 IS NULL OR m.community=$1) AND ($2 IS NULL OR m.id=$2) ORDER BY f.id""",
        (community, mirror),
    )
    return [Flood(*row) for row in rows]


class Chosen(msgspec.Struct, frozen=True):
    """What came of a choice; not `fresh` where it had been made before."""

    choice: str
    fresh: bool
    what: str = ""
    owed: int = 0
    """Messages that are to be made."""


def choose(mirror: int, choice: str, community: int | None, by: str, now: Millis) -> Unit[Chosen]:
    """Settle the open flood of a mirror: it is posted, its threads are listed in one message, or nothing is shown.

    The last choice can be given again, and nothing happens. Raises `NotFound` where nothing waits.
    """
    seen = yield from one_mirror(mirror, community)
    waiting = yield from open_floods(community, mirror)
    if not waiting:
        last = yield "SELECT choice FROM flood WHERE mirror=$1 ORDER BY id DESC LIMIT 1", (mirror,)
        if last and one(last) == choice:
            return Chosen(choice, fresh=False)
        if last:
            raise NotFound(say("floods.was", mirror=mirror, choice=one(last)))
        raise NotFound(say("floods.none", mirror=mirror))
    [flood] = waiting
    yield from _close(flood.id, choice, now)
    place = int(one((yield "SELECT place FROM mirror WHERE id=$1", (mirror,))))
    owed = 0
    if choice == "all":
        owed = yield from _owe_all(flood.id, place, now)
    elif choice == "digest":
        owed = yield from _owe_digest(flood, place, now)
    yield from close_notice(about(flood.id), _over(choice, flood.what, by), now)
    yield from audit(seen.community, by, f"flood {flood.id} of mirror {mirror} settled", "", choice, now)
    return Chosen(choice, True, flood.what, owed)


def end_flood(mirror: int, now: Millis) -> Unit[None]:
    """End the open flood of a mirror that is removed."""
    for flood in (yield from open_floods(None, mirror)):
        yield from _close(flood.id, "seen", now)
        yield from close_notice(about(flood.id), say("floods.ended", what=flood.what), now)


def _over(choice: str, what: str, by: str) -> str:
    """What admins are told once one of them chose."""
    if choice == "all":
        return say("floods.over_all", what=what, by=by)
    if choice == "digest":
        return say("floods.over_digest", what=what, by=by)
    return say("floods.over_seen", what=what, by=by)


def _close(flood: int, choice: str, now: Millis) -> Unit[None]:
    yield "UPDATE flood SET choice=$2, chosen_at=$3 WHERE id=$1 AND choice=''", (flood, choice, now)
    yield (
        f"""UPDATE flood_thread SET to_seq={NEXT_SEQ} WHERE flood=$1 AND NOT EXISTS (SELECT 1 FROM source s
             WHERE s.thread=flood_thread.thread AND s.next_at IS NOT NULL AND s.baseline_at IS NULL)""",
        (flood,),
    )


def first_read(thread: int) -> Unit[None]:
    """Note that a thread was read for the first time: what was chosen before holds for that reading, and no longer."""
    yield (
        f"""UPDATE flood_thread SET to_seq={NEXT_SEQ} WHERE thread=$1 AND to_seq IS NULL
             AND flood IN (SELECT id FROM flood WHERE choice<>'')""",
        (thread,),
    )


def _owe_all(flood: int, place: int, now: Millis) -> Unit[int]:
    """Owe the posts of a flood in the order in which they arrived, at once: they waited long enough."""
    cells = ", ".join(f"o.{cell}" for cell in ("id", "n", "seq", "op"))
    rows = yield (
        f"""SELECT o.thread, {cells}, 1, o.revision, o.event FROM flood_thread x JOIN post o ON o.thread=x.thread
             AND o.seq>=x.from_seq WHERE x.flood=$1 AND o.state='live' ORDER BY o.seq""",
        (flood,),
    )
    owed = 0
    for thread, some in groupby(rows, key=lambda row: int(row[0])):
        here = yield from covered(thread)
        at_once = [
            msgspec.structs.replace(mirror, options=msgspec.structs.replace(mirror.options, delay=0))
            for mirror in here.mirrors
            if mirror.channel == place
        ]
        here = msgspec.structs.replace(here, mirrors=at_once)
        posts = [view(tuple(cells)) for _, *cells in some]
        owed += yield from owe_added(here, posts, (yield from accepted(here, posts)), now)
    return owed


def _owe_digest(flood: Flood, place: int, now: Millis) -> Unit[int]:
    """Owe one message that lists the threads of a flood."""
    rows = yield (
        """SELECT t.title, COALESCE(o.author, ''), t.replies, t.link, (SELECT count(*) FROM post p WHERE p.thread=t.id
             AND p.seq>=x.from_seq AND p.event=0) AS known, (SELECT count(*) FROM post p WHERE p.thread=t.id
             AND p.seq>=x.from_seq AND p.state='live' AND p.event=0) AS live
           FROM flood_thread x JOIN thread t ON t.id=x.thread LEFT JOIN post o ON o.thread=t.id AND o.op=1
           WHERE x.flood=$1 ORDER BY x.from_seq, t.id""",
        (flood.id,),
    )
    lines = []
    for title, author, replies, link, known, live in rows:
        if known and not live:
            continue  # everything that came of it was deleted meanwhile
        name = markup.clean_name(author, TITLE)
        said = [say("floods.by", title=short(title), author=name) if author else f"“{short(title)}”"]
        said += [say("floods.replies", replies)] if replies is not None else []
        lines.append(" · ".join(said) + (f"\n{link}" if link else ""))
    if not lines:
        return 0
    more = [say("floods.listed_more", more=len(lines) - LISTED)] if len(lines) > LISTED else []
    text = "\n\n".join([say("floods.listed", of=flood.of), *lines[:LISTED], *more])
    rows = yield (
        "INSERT INTO notice (community, about, text, opened_at, closed_at) VALUES ($1, $2, $3, $4, $4) RETURNING id",
        (flood.community, f"digest:{flood.id}", text, now),
    )
    yield from owe_one(place, Subject.NOTICE, int(one(rows)), Act.CREATE, 1, now)
    return 1


def fate(flood: int) -> Unit[str]:
    """What became of what came in a flood, in words."""
    [[mirror, choice]] = yield "SELECT mirror, choice FROM flood WHERE id=$1", (flood,)
    waiting = yield from open_floods(None, mirror)
    if not choice and waiting:
        return say("floods.waits", what=waiting[0].what, choices=waiting[0].choices)
    return say("floods.was_listed", mirror=mirror) if choice == "digest" else say("floods.was_left_out", mirror=mirror)
