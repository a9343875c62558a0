"""Databases to read in: a forum of very many posts, and people with marks of every kind, made from a seed.

What stands in them is what taking in and marking would have left there; it is written past them, for millions of posts
would take hours else. They are kept below `build`, and made anew where their making or the schema changed.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

import msgspec

from bot.store.migrate import migrate, shipped
from bot.store.sqlite import WORDS

KEPT = Path(__file__).parents[2] / "build" / "bench" / "reading"
SEED = 20_260
BEGINNING = 1_700_000_000_000
PAGE = 4096
"""Bytes of a page of a database."""

Rows = Iterator[tuple[object, ...]]


class Forum(msgspec.Struct, frozen=True):
    """How much there is to read."""

    posts: int
    threads: int
    boards: int
    words: int = 50_000
    """Different words of the posts."""
    active: int = 2_000
    """Threads that are written in at one time."""
    longest: int = 500
    """Replies of the longest threads, of which there are ten."""


class Size(msgspec.Struct, frozen=True):
    """A forum, and how many read it: each has a mark of every board, and marks of threads and single posts besides."""

    forum: Forum
    readers: int
    own: int
    """Marks of threads of each reader."""


class World(msgspec.Struct, frozen=True):
    """What is known of a database."""

    size: Size
    marks: int
    marks_bytes: int
    """What the tables of marks take, with their indexes."""
    long: tuple[int, ...]
    """The longest threads."""
    recent: tuple[int, ...]
    """Threads in which something is new to many."""


def world(size: Size, name: str, folder: Path = KEPT) -> Path:
    """The database of a size, made where it is not there yet; beside it lies what `about` says of it."""
    forum = _kept(
        folder / f"forum-{size.forum.posts}.db", _made(size.forum), lambda con, _: _Posts(size.forum).write(con)
    )

    def people(con: sqlite3.Connection, path: Path) -> None:
        before = _bytes(con)
        readers = _Readers(size, con)
        marks = readers.write(con)
        recent = tuple(reversed(readers.newest[-size.forum.active :]))
        rows = con.execute("SELECT id FROM thread ORDER BY next_n DESC, id LIMIT 10")
        told = World(size, marks, _bytes(con) - before, tuple(id for (id,) in rows), recent)
        path.with_suffix(".json").write_bytes(msgspec.json.encode(told))

    return _kept(folder / f"{name}.db", _made(size), people, forum)


def about(path: Path) -> World:
    """What is known of a database."""
    return msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=World)


def copied(path: Path, folder: Path) -> Path:
    """A database of one's own, to write in."""
    shutil.copy(path.with_suffix(".json"), folder)
    return Path(shutil.copy(path, folder))


def _kept(path: Path, made: str, write: Callable[[sqlite3.Connection, Path], None], begin: Path | None = None) -> Path:
    """A database that `write` fills, as it was made before or anew, on top of what another one holds."""
    mark = path.with_suffix(".made")
    if path.is_file() and mark.is_file() and mark.read_text("utf-8") == made:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{path.stem}.*"):
        old.unlink()
    making = path.with_suffix(".making")
    if begin is not None:
        shutil.copy(begin, making)
    migrate(making, shipped())
    con = sqlite3.connect(making, isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
            con.execute(f"PRAGMA {pragma}")
        con.execute("BEGIN")
        write(con, path)
        con.execute("COMMIT")
        con.execute("PRAGMA journal_mode=WAL")
    finally:
        con.close()
    making.rename(path)
    mark.write_text(made, "utf-8")
    return path


def _bytes(con: sqlite3.Connection) -> int:
    [[pages]], [[free]] = con.execute("PRAGMA page_count").fetchall(), con.execute("PRAGMA freelist_count").fetchall()
    return int(pages - free) * PAGE


def _made(size: Forum | Size) -> str:
    text = Path(__file__).read_bytes() + msgspec.json.encode(size)
    text += "".join(step.sql.format_map(WORDS) for step in shipped()).encode()
    return hashlib.sha256(text).hexdigest()


# ---------------------------------------------------------------------------------------------------------- the forum


class _Posts:
    """One forum, all of whose boards are mirrored into one channel each by one community."""

    def __init__(self, forum: Forum) -> None:
        self._forum = forum
        self._random = random.Random(SEED)
        self._vocabulary = [f"w{rank:x}" for rank in range(forum.words)]
        frequencies = list(accumulate(1 / (rank + 10) for rank in range(forum.words)))
        choose = self._random.choices
        self._pieces = [" ".join(choose(self._vocabulary, cum_weights=frequencies, k=5)) for _ in range(forum.words)]
        """Texts are put together from them: to draw each word would take the longest."""
        self._next_n = array("q", [1]) * (forum.threads + 1)
        self._low_n = array("q", [0]) * (forum.threads + 1)
        self._live = array("q", [0]) * (forum.threads + 1)

    def write(self, con: sqlite3.Connection) -> None:
        forum = self._forum
        con.execute("INSERT INTO community (id, chat, native, name) VALUES (1, 'bench', 'c', 'Bench')")
        con.execute(
            "INSERT INTO forum (id, name, adapter, next_seq) VALUES (1, 'bench', 'bench', ?)", (forum.posts + 1,)
        )
        for board in range(1, forum.boards + 1):
            name = f"Board {board}"
            con.execute(
                "INSERT INTO board (id, forum, key, name, path) VALUES (?, 1, ?, ?, ?)",
                (board, f"b{board}", name, f'["Group {board % 9}", "{name}"]'),
            )
            con.execute("INSERT INTO queue (id, lane, chat) VALUES (?, 'bench', 'bench')", (board,))
            con.execute(
                "INSERT INTO place (id, community, chat, channel, thread_ref, label) VALUES (?, 1, 'bench', ?, '', ?)",
                (board, f"r{board}", name),
            )
            con.execute(
                """INSERT INTO mirror (community, board, place, layout, replies, start_seq, state, made_by, made_at)
                   VALUES (1, ?, ?, 'stream', 'all', ?, 'active', 'Ada', 0)""",
                (board, board, forum.posts + 1),
            )
        con.executemany(
            """INSERT INTO post (forum, thread, key, n, seq, position, number, op, parent_state, parent_key, author,
                 title, body_state, body, link, earliest, latest, state, digest, event, indexed, seen_at, changed_at)
               VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'present', ?, ?, ?, ?, ?, '', ?, 1, ?, ?)""",
            self._posts(),
        )
        con.executemany(
            """INSERT INTO thread (id, forum, board, key, title, link, arrived, next_n, low_n, live_seq, titled)
               VALUES (?, 1, ?, ?, ?, ?, 1, ?, ?, ?, ?)""",
            self._threads(),
        )
        con.execute("INSERT INTO listing (board, thread) SELECT board, id FROM thread")
        con.execute("INSERT INTO post_dead (thread, n) SELECT thread, n FROM post WHERE state<>'live' OR event=1")
        con.execute(
            """UPDATE thread SET dead=d.dead FROM (SELECT thread, count(*) AS dead FROM post_dead GROUP BY thread) d
               WHERE d.thread=thread.id"""
        )
        con.execute(
            """INSERT INTO lookup (rowid, title, body, author) SELECT id, title, body, author FROM post
               WHERE state='live' AND event=0 ORDER BY id"""
        )

    def _posts(self) -> Rows:
        """Posts in the order in which they arrive; a thread begins for as many as there are to be."""
        forum, chance = self._forum, self._random
        each, begun = forum.posts // forum.threads, 0
        for seq in range(1, forum.posts + 1):
            if begun < forum.threads and (seq - 1) % each == 0:
                thread = begun = begun + 1
            else:
                thread = self._chosen(begun)
            n = self._next_n[thread]
            self._next_n[thread] = n + 1
            fate = 1.0 if n == 1 else chance.random()
            event, dead = fate < 0.003, 0.003 <= fate < 0.013
            if not event and not dead:
                self._live[thread] = seq
            yield self._row(thread, n, seq, event, dead)
            if n == 1 and chance.random() < 0.05:  # older posts of it are found later
                for _ in range(5):
                    low = self._low_n[thread]
                    self._low_n[thread] = low - 1
                    yield self._row(thread, low, low, False, False)

    def _chosen(self, begun: int) -> int:
        """A thread that somebody writes in: one of the newest, or a long one that is not long enough yet."""
        forum, chance = self._forum, self._random
        tenth = forum.threads // 10
        long = begun - begun % tenth + 1
        if long <= begun and self._next_n[long] <= forum.longest + 1 and chance.random() < 0.01:
            return long
        newest = min(forum.active, begun)
        return max(begun - int(chance.expovariate(3 / newest)), begun - newest + 1)

    def _row(self, thread: int, n: int, seq: int, event: bool, dead: bool) -> tuple[object, ...]:
        chance = self._random
        key = f"{thread}-{n}"
        parent = "" if n == 1 else f"{thread}-{max(1, n - 1 - int(chance.expovariate(0.3)))}"
        words = "" if dead else " ".join([self._pieces[int(chance.random() * len(self._pieces))] for _ in range(5)])
        title = self._title(thread) if n == 1 else ""
        at = BEGINNING + max(seq, 1) * 1000
        return (
            *(thread, key, n, seq, n, n, int(n == 1), "none" if n == 1 else "known", parent),
            *(f"Author {int(chance.random() * 5000)}", title, words, f"https://forum.example/{key}"),
            *(at, at, "deleted" if dead else "live", int(event), at, at),
        )

    def _title(self, thread: int) -> str:
        return f"Thread {thread} {self._vocabulary[thread % len(self._vocabulary)]}"

    def _threads(self) -> Rows:
        for thread in range(1, self._forum.threads + 1):
            title, board = self._title(thread), thread * 7919 % self._forum.boards + 1
            yield (
                *(thread, board, str(thread), title, f"https://forum.example/{thread}"),
                *(self._next_n[thread], self._low_n[thread], self._live[thread], title),
            )


# --------------------------------------------------------------------------------------------------------- the readers


class _Readers:
    """People who read the newest of it: boards up to some time ago, and threads and single posts since then."""

    def __init__(self, size: Size, con: sqlite3.Connection) -> None:
        self._size = size
        self._random = random.Random(SEED + 1)
        self._posts: dict[int, list[tuple[int, int]]] = {}
        """Seq and n of the newest posts, by thread."""
        since = size.forum.posts - size.forum.posts // 20
        for thread, seq, n in con.execute("SELECT thread, seq, n FROM post WHERE seq>? ORDER BY seq", (since,)):
            self._posts.setdefault(thread, []).append((seq, n))
        self.newest = sorted(self._posts, key=lambda thread: self._posts[thread][-1])
        self._ends = [self._posts[thread][-1][0] for thread in self.newest]

    def write(self, con: sqlite3.Connection) -> int:
        """Write all marks; how many they are."""
        forum = self._size.forum
        everyone = range(1, self._size.readers + 1)
        con.executemany("INSERT INTO person (id, made_at) VALUES (?, 0)", ((person,) for person in everyone))
        con.executemany(
            "INSERT INTO identity (chat, user_id, person, name) VALUES ('bench', ?, ?, ?)",
            ((f"u{person}", person, f"Reader {person}") for person in everyone),
        )
        count = 0
        for person in everyone:
            upto = forum.posts - self._random.randrange(forum.posts // 100, forum.posts // 30)
            boards = [(person, board, upto) for board in range(1, forum.boards + 1)]
            threads, posts = self._own(person, upto)
            con.executemany("INSERT INTO board_mark (person, board, seq) VALUES (?, ?, ?)", boards)
            con.executemany("INSERT INTO thread_mark (person, thread, seq, n, forced) VALUES (?, ?, ?, ?, ?)", threads)
            con.executemany("INSERT INTO post_mark (person, thread, n) VALUES (?, ?, ?)", posts)
            count += len(boards) + len(threads) + len(posts)
        return count

    def _own(self, person: int, upto: int) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
        """Marks of threads with something behind the boards' mark, and a few that say "unread" of what is before it."""
        chance, own = self._random, self._size.own
        behind = bisect_right(self._ends, upto)
        read, fresh = self.newest[:behind], self.newest[behind:]
        threads: list[tuple[int, ...]] = []
        singles: list[tuple[int, ...]] = []
        for thread in sorted(chance.sample(fresh, min(own * 49 // 50, len(fresh)))):
            posts = self._posts[thread]
            at = chance.randrange(bisect_right(posts, (upto, 1 << 40)), len(posts))
            threads.append((person, thread, *posts[at], 0))
            if at + 2 < len(posts) and chance.random() < 0.05:
                singles.append((person, thread, posts[at + 2][1]))
        for thread in chance.sample(read, min(own // 50, len(read))):
            posts = self._posts[thread]
            if len(posts) > 1:
                threads.append((person, thread, *posts[-2], 1))
        return threads, singles
