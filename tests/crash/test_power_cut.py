"""Power cuts: what was acknowledged is on the disk, whatever of the rest the disk kept.

SQLite runs on files that note every write and every sync. An image of a cut holds what was synced, and a random part of
what was not: any 512-byte sectors of it, in any mix of old and new.
"""

import random
import sqlite3
from functools import partial
from typing import Any

import apsw
import pytest

from bot.clock import Moment
from bot.jobs import Part
from bot.mirroring import Layout
from bot.model import (
    Author,
    Board,
    BoardKey,
    Body,
    BodyState,
    Bookmark,
    Parent,
    ParentState,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)
from bot.pace import Terms
from bot.store import SQLite
from bot.store.communities import ensure_community
from bot.store.forums import ensure_board, ensure_forum, ensure_thread
from bot.store.ingest import ingest_thread
from bot.store.jobs import head
from bot.store.migrate import shipped
from bot.store.mirrors import add_mirror
from bot.store.places import ensure_channel
from bot.store.settling import Settled, settle
from bot.store.sources import ensure_source, source
from bot.store.sqlite import PRAGMAS, WORDS
from bot.store.turns import Claim, turn

SECTOR = 512
COMMITS = 250
THREADS = 4


# ----------------------------------------------------------------------------------------------- a disk that remembers


class Disk(apsw.VFS):
    """The machine's files, with a log of everything that happened to them."""

    def __init__(self):
        super().__init__("remembering", "")
        self.log: list[tuple[str, str, int, bytes]] = []

    def xOpen(self, name, flags):
        if name is None:
            return apsw.VFSFile("", name, flags)  # of no name, for the moment: nothing of it is read after a cut
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = RememberingFile(self, path, name, flags)
        self.log.append(("create", path, 0, b""))
        return file

    def xDelete(self, name, sync):
        super().xDelete(name, sync)
        self.log.append(("delete", name, 0, b""))


class RememberingFile(apsw.VFSFile):
    def __init__(self, disk, path, name, flags):
        super().__init__("", name, flags)
        self.disk = disk
        self.path = path

    def xWrite(self, data, offset):
        super().xWrite(data, offset)
        self.disk.log.append(("write", self.path, offset, bytes(data)))

    def xTruncate(self, size):
        super().xTruncate(size)
        self.disk.log.append(("truncate", self.path, size, b""))

    def xSync(self, flags):
        super().xSync(flags)
        self.disk.log.append(("sync", self.path, 0, b""))


class Platter:
    """What of a log is certainly on the disk at one moment, and what may be."""

    def __init__(self):
        self.synced: dict[str, bytearray] = {}
        self.loose: dict[str, list[tuple[str, int, bytes]]] = {}

    def play(self, event):
        kind, path, number, data = event
        if kind == "create":
            self.synced.setdefault(path, bytearray())
            self.loose.setdefault(path, [])
        elif kind == "delete":
            self.synced.pop(path, None)
            self.loose.pop(path, None)
        elif kind == "sync":
            for what in self.loose[path]:
                put(self.synced[path], *what)
            self.loose[path].clear()
        else:
            self.loose[path].append((kind, number, data))

    def cut(self, chance):
        """The files as they may be after the power went."""
        files = {}
        for path, synced in self.synced.items():
            content = bytearray(synced)
            luck = chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
            for kind, number, data in self.loose[path]:
                for piece in sectors(kind, number, data):
                    if chance.random() < luck:
                        put(content, *piece)
            files[path] = content
        return files


def put(content, kind, number, data):
    if kind == "truncate":
        del content[number:]
        return
    if len(content) < number:
        content.extend(bytes(number - len(content)))
    content[number : number + len(data)] = data


def sectors(kind, offset, data):
    """A write in pieces that reach the disk whole or not at all."""
    if kind == "truncate":
        yield kind, offset, data
        return
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        yield kind, offset + start, data[start:end]
        start = end


# ------------------------------------------------------------------------------------------------------------ the work


def page(thread, count, chance):
    """A thread with so many posts; some were edited since the last time."""
    posts = tuple(
        Post(
            key=PostKey(f"{thread}-{n}"),
            author=Author(f"author {n % 7}"),
            created=at(n),
            body=Body(BodyState.PRESENT, f"{chance.random() if n + 3 > count else n} ".ljust(400, "x")),
            parent=Parent(ParentState.KNOWN if n else ParentState.NONE, PostKey(f"{thread}-{n // 2}" if n else "")),
            position=n,
            op=n == 0,
        )
        for n in range(count)
    )
    return ThreadPage(Thread(ThreadKey(thread), thread), posts, complete=True, bookmark=Bookmark(f"{thread} {count}"))


def prepare():
    forum = yield from ensure_forum("board", "none")
    board = yield from ensure_board(forum, Board(BoardKey("b"), "Board"))
    community = yield from ensure_community("web", "", "web")
    place = yield from ensure_channel(community, "web", "lounge", "lounge")
    yield from add_mirror(community, board, None, place, Layout.STREAM, "all", "Ada", 0)
    for n in range(THREADS):
        thread = yield from ensure_thread(forum, Thread(ThreadKey(f"t{n}"), "", board=Board(BoardKey("b"), "")), True)
        yield from ensure_source(forum, None, thread.id, 0)
    return place


def read_page(number, what):
    yield from ingest_thread((yield from source(number)), what, Terms(60_000), 0)


def next_turn(queue):
    """What the sender commits: that an act begins, or that it is done."""
    job = yield from head(queue, 0)
    if job is None:
        return
    if job.sending:
        yield from settle(Settled(job, {0: f"message {job.id}"}, 1, "shown"), 0)
    else:
        parts = (Part(0, "send", {"text": "x" * 300}, f"key {job.id}"),)
        yield from turn(queue, None, Claim(job.id, parts, "shown", 1, Moment(1, 1, "boot")), 0, 0)


TOLD = """
SELECT (SELECT count(*) FROM post), (SELECT COALESCE(SUM(seq), 0) FROM post),
  (SELECT COALESCE(SUM(revision), 0) FROM post),
       (SELECT COALESCE(group_concat(cursor), '') FROM source), (SELECT count(*) FROM delivery WHERE state='pending'),
       (SELECT count(*) FROM delivery WHERE state='sending'), (SELECT count(*) FROM delivery WHERE state='sent'),
       (SELECT count(*) FROM copy_message), (SELECT count(*) FROM part)
"""


def told(con):
    """What a database says of everything; nothing where it has no tables yet."""
    if not con.execute("SELECT 1 FROM sqlite_schema WHERE name='post'").fetchall():
        return ()
    return tuple(con.execute(TOLD).fetchall()[0])


class Recording:
    """The log of a working database, and what it had acknowledged at each point of it."""

    def __init__(self, path, pragmas):
        self.path = str(path)
        disk = Disk()
        self.con: Any = apsw.Connection(self.path, vfs="remembering")  # the engine takes it for one of sqlite3
        self.log = disk.log
        self.acknowledged: list[tuple[int, tuple]] = [(0, ())]
        self.engine = SQLite(path)
        try:
            self.work(pragmas)
        finally:
            self.end = len(self.log)
            self.con.close()
            disk.unregister()

    def work(self, pragmas):
        chance = random.Random(1)
        for pragma in pragmas:
            self.con.execute(f"PRAGMA {pragma}").fetchall()
        for step in shipped():
            self.con.execute("BEGIN IMMEDIATE;" + step.sql.format_map(WORDS) + "COMMIT;").fetchall()
        self.acknowledge()
        [place] = self.commit(partial(prepare))
        sizes = [0] * THREADS
        for _ in range(COMMITS):
            units = []
            for _ in range(chance.choice((1, 1, 3, 8))):
                # Most of it is the sender's: a queue that grew and grew would cost more than all the cuts.
                if chance.random() < 0.2:
                    n = chance.randrange(THREADS)
                    sizes[n] += chance.randrange(4)
                    units.append(partial(read_page, n + 1, page(f"t{n}", sizes[n], chance)))
                else:
                    units.append(partial(next_turn, place))
            self.commit(*units)

    def commit(self, *units):
        outcomes = self.engine._commit(self.con, list(units))
        assert all(well for well, _ in outcomes), outcomes
        self.acknowledge()
        return [value for _, value in outcomes]

    def acknowledge(self):
        self.acknowledged.append((len(self.log), told(self.con)))

    def cuts(self, number, seed):
        """Moments at random; every second one in the middle of a checkpoint, when both files are in motion."""
        chance = random.Random(seed)
        platter, moving = Platter(), []
        for position, event in enumerate(self.log[: self.end], 1):
            platter.play(event)
            if platter.loose.get(self.path):
                moving.append(position)
        plain = [chance.randrange(1, self.end + 1) for _ in range(number - number // 2)]
        return sorted(plain + [chance.choice(moving) for _ in range(number // 2)])

    def images(self, number, seed):
        """For each cut: how many acknowledgements came before it, and the files that the disk is left with."""
        chance, platter, played = random.Random(seed), Platter(), 0
        for position in self.cuts(number, seed):
            for event in self.log[played:position]:
                platter.play(event)
            played = position
            known = sum(1 for at_, _ in self.acknowledged if at_ <= position)
            yield known, platter.cut(chance)


def survivor(files, folder, original):
    """What the database of the product says after such a cut, and whether it is whole."""
    for old in folder.iterdir():
        old.unlink()
    for path, content in files.items():
        (folder / ("cut.db" + path.removeprefix(original))).write_bytes(content)
    con = sqlite3.connect(folder / "cut.db", isolation_level=None)
    try:
        whole = con.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return whole, told(con) if whole else None
    except sqlite3.DatabaseError:
        return False, None
    finally:
        con.close()


def outcome(recording, folder, number, seed):
    """How many images are damaged, how many lost something acknowledged, how many hold half a commit."""
    damaged = lost = half = 0
    states = [state for _, state in recording.acknowledged]
    for known, files in recording.images(number, seed):
        whole, state = survivor(files, folder, recording.path)
        if not whole:
            damaged += 1
        elif state not in states:
            half += 1
        elif state not in states[known - 1 : known + 1]:
            lost += 1
    return damaged, lost, half


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cut").mkdir()
    return tmp_path / "cut"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return Recording(tmp_path_factory.mktemp("recorded") / "threadline.db", PRAGMAS)


def test_the_work_is_worth_cutting(recording):
    """It must contain checkpoints, or only the log file would ever be tried."""
    kinds = {(kind, path.removeprefix(recording.path)) for kind, path, _, _ in recording.log[: recording.end]}
    assert {("write", ""), ("sync", ""), ("write", "-wal"), ("sync", "-wal")} <= kinds
    checkpoints = sum(
        1 for kind, path, *_ in recording.log[: recording.end] if (kind, path) == ("sync", recording.path)
    )
    assert checkpoints >= 3
    last = recording.acknowledged[-1][1]
    assert last[0] > 100
    assert last[6] > 10


def test_no_power_cut_loses_what_was_acknowledged(recording, folder):
    """Law 4. Here a sample; `make faults` cuts ten thousand times."""
    assert outcome(recording, folder, 100, seed=7) == (0, 0, 0)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_none_of_ten_thousand_power_cuts_loses_what_was_acknowledged(recording, folder):
    for seed in range(100):
        assert outcome(recording, folder, 100, seed=1000 + seed) == (0, 0, 0), f"seed {1000 + seed}"


@pytest.mark.parametrize(("setting", "damages"), [("NORMAL", False), ("OFF", True)])
def test_weaker_settings_are_caught(tmp_path, folder, setting, damages):
    """The simulation bites: what FULL costs buys something."""
    pragmas = tuple(pragma.replace("synchronous=FULL", f"synchronous={setting}") for pragma in PRAGMAS)
    assert pragmas != PRAGMAS
    damaged, lost, half = outcome(Recording(tmp_path / "weak.db", pragmas), folder, 40, seed=7)
    assert lost > 0
    assert (damaged > 0) == damages
    assert damages or half == 0
