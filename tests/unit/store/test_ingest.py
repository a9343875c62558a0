"""What a page is turned into: numbers, bookkeeping and deliveries, all in one commit."""

import itertools

import msgspec
import pytest

from bot.acts import Answered, Drop, Part, Perform, Subject, parts, step
from bot.clock import Moment
from bot.mirroring import Act, Layout
from bot.model import (
    UNKNOWN,
    Author,
    Batch,
    Board,
    BoardKey,
    Body,
    BodyState,
    Bookmark,
    ChannelRef,
    ChatPerson,
    Damaged,
    Deleted,
    Edited,
    Listing,
    MessageId,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    Said,
    Thread,
    ThreadKey,
    ThreadPage,
    ThreadRef,
    UserId,
    Where,
    at,
)
from bot.store import open_store, run
from bot.store.decisions import decide_losing
from bot.store.forums import ensure_board, ensure_forum
from bot.store.inbox import receive
from bot.store.ingest import RESURFACED, ingest_listing, ingest_thread, owe_known
from bot.store.jobs import head
from bot.store.outbox import ready
from bot.store.places import add_mirror, ensure_channel, ensure_community, remove_mirror, show_whole
from bot.store.sources import ensure_source, source
from bot.store.turns import Claim, Settled, conclude, turn

NOW = 1_700_000_000_000
BOARD = Board(BoardKey("b"), "Lounge", ("Forum", "Lounge"))


def text(words):
    return Body(BodyState.PRESENT, words)


def post(key, words="words", **cells):
    cells = {"author": Author("Ada"), "created": at(NOW), "body": text(words), "position": int(key[1:] or 0)} | cells
    return Post(PostKey(key), **cells)


def op(key="p0", **cells):
    return post(key, **({"op": True, "title": "A thread", "parent": Parent(ParentState.NONE)} | cells))


def answer(key, parent, **cells):
    return post(key, parent=Parent(ParentState.KNOWN, PostKey(parent)), **cells)


class House:
    """A database with one forum, one board and one chat, read and sent by hand."""

    def __init__(self, store):
        self.store = store
        self.messages = itertools.count(1)
        self.now = NOW

    async def furnish(self):
        self.forum = await self.store.write(ensure_forum, "forum", "none")
        self.board = await self.store.write(ensure_board, self.forum, BOARD)
        self.community = await self.store.write(ensure_community, "web", "", "web")
        return self

    async def rows(self, sql, *params):
        return [tuple(row) for row in await self.store.read(run, sql, *params)]

    async def value(self, sql, *params):
        [[value]] = await self.rows(sql, *params)
        return value

    async def channel(self, name="lounge"):
        return await self.store.write(ensure_channel, self.community, "web", name, name)

    async def mirror(self, channel="lounge", layout=Layout.THREADS, thread=None, whole=False):
        place = await self.channel(channel)
        board = self.board if thread is None else None
        mirror, _ = await self.store.write(
            add_mirror, self.community, board, thread, place, layout, "all", "Ada", self.now
        )
        if whole:
            await self.store.write(show_whole, mirror, thread or await self.thread())
        return mirror

    async def thread(self, key="t"):
        rows = await self.rows("SELECT id FROM thread WHERE key=$1", key)
        return rows[0][0] if rows else None

    async def read(self, *posts, key="t", board=BOARD, token="", **page):
        """Read a thread that holds these posts."""
        thread = Thread(ThreadKey(key), "A thread", board=board, token=token)
        page = ThreadPage(thread, posts, **({"complete": True} | page))

        def unit():
            from bot.store.forums import ensure_thread

            row = yield from ensure_thread(self.forum, thread, False)
            reader = yield from source((yield from ensure_source(self.forum, None, row.id, 0)))
            return (yield from ingest_thread(reader, page, None, self.now))

        return await self.store.write(unit)

    async def list(self, *threads, **page):
        """Read the board's list; the ids of the threads that are due."""

        def unit():
            reader = yield from source((yield from ensure_source(self.forum, self.board, None, 0)))
            return (yield from ingest_listing(reader, Listing(BOARD, threads, **page), None, self.now))

        return await self.store.write(unit)

    async def numbers(self, key="t"):
        rows = "SELECT p.key, p.n, p.seq FROM post p JOIN thread t ON t.id=p.thread WHERE t.key=$1 ORDER BY p.id"
        return [(key, n, seq) for key, n, seq in await self.rows(rows, key)]

    async def counts(self, key="t"):
        return await self.rows("SELECT dead, live_seq FROM thread WHERE key=$1", key)

    async def owed(self, state="pending"):
        """What is owed: the act, the post, and whether it goes to a channel or a chat thread; in the queues' order."""
        rows = """SELECT d.act, p.key, CASE WHEN l.parent IS NULL THEN 'channel' ELSE 'thread' END FROM delivery d
                    JOIN post p ON p.id=d.subject_id JOIN place l ON l.id=d.queue
                  WHERE d.subject='post' AND d.state=$1 ORDER BY d.queue, d.ord"""
        return await self.rows(rows, state)

    async def send(self, refuse=()):
        """Do everything that can be done, as the sender would."""
        while True:
            busy = False
            for queue, _, forum in await self.store.read(ready, self.now):
                while not forum and (job := await self.store.read(head, queue)) is not None:
                    await self.one(job, refuse)
                    busy = True
            if not busy:
                return

    async def one(self, job, refuse=()):
        decision = step(job, self.now, False)
        if isinstance(decision, Drop):
            await self.store.write(conclude, job.id, "dropped", decision.reason, self.now)
            return
        assert isinstance(decision, Perform)
        name = await self.value("SELECT key FROM post WHERE id=$1", job.subject_id)
        if (job.act, name) in refuse:
            await self.store.write(conclude, job.id, "refused", "too long", self.now)
            return
        acts = parts(job, decision.shows, [{"text": job.post.body.text}] if job.act is not Act.OPEN else [], "home")
        job = msgspec.structs.replace(job, parts=acts)
        claim = Claim(job.id, acts, decision.shows, job.post.revision, Moment(self.now, 1, "boot"))
        took, _ = await self.store.write(turn, job.queue, None, claim, job.ord, self.now)
        assert took
        remotes = {part.part: part.target if part.kind in ("edit", "delete") else f"m{next(self.messages)}" for part in acts}
        await self.store.write(turn, job.queue, Settled(job, remotes, claim.rendered, claim.shows), None, 0, self.now)

    async def copies(self):
        rows = """SELECT p.key, c.revision, c.state, c.generation FROM copy c JOIN post p ON p.id=c.post
                  ORDER BY c.channel, c.id"""
        return await self.rows(rows)


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    yield await House(store).furnish()
    await store.close()


@pytest.fixture
async def mirrored(house):
    """A board that is mirrored, read for the first time when it was empty: what comes from now on arrives."""
    await house.mirror()
    await house.list()
    return house


async def arrive(house, *posts, key="t"):
    """A thread that comes up in the list and is read."""
    await house.list(Thread(ThreadKey(key), "A thread", token=str(len(posts))))
    return await house.read(*posts, key=key)


# ---------------------------------------------------------------------------------------------------------- numbers


async def test_posts_of_a_threads_first_reading_are_numbered_down_from_nought(house):
    """Back-filled posts take no number that a mark could cover: they are never new."""
    await house.read(op(), post("p1"), post("p2"))
    assert await house.numbers() == [("p0", 0, 0), ("p1", -1, -1), ("p2", -2, -2)]
    assert await house.value("SELECT next_seq FROM forum") == 1


async def test_posts_that_arrive_later_are_numbered_up_from_one(house):
    await house.read(op(), post("p1"))
    await house.read(op(), post("p1"), post("p2"), post("p3"))
    assert (await house.numbers())[2:] == [("p2", 1, 1), ("p3", 2, 2)]


async def test_arrival_order_runs_over_all_threads_and_numbers_in_each(mirrored):
    await arrive(mirrored, op(), key="t")
    await arrive(mirrored, op("q0"), post("q1"), key="u")
    await mirrored.read(op(), post("p1"), key="t")
    assert await mirrored.numbers("t") == [("p0", 1, 1), ("p1", 2, 4)]
    assert await mirrored.numbers("u") == [("q0", 1, 2), ("q1", 2, 3)]


async def test_a_thread_that_comes_up_later_has_arrived_from_its_op_on(mirrored):
    await arrive(mirrored, op(), post("p1"))
    assert await mirrored.numbers() == [("p0", 1, 1), ("p1", 2, 2)]


async def test_an_old_thread_that_resurfaces_is_no_news_but_for_its_new_posts(mirrored):
    """Law 8: the list shows the newest threads only, so an old one comes up when somebody answers it."""
    then = at(NOW - RESURFACED - 1)
    await arrive(mirrored, op(created=then), post("p1", created=then), post("p2"))
    assert await mirrored.numbers() == [("p0", 0, 0), ("p1", -1, -1), ("p2", 1, 1)]
    assert await mirrored.owed() == [("create", "p0", "channel"), ("create", "p2", "thread")]


async def test_a_post_whose_date_is_only_roughly_known_counts_as_new(mirrored):
    """A new post that is not shown is worse than an old one that is."""
    rough = msgspec.structs.replace(at(0), latest=NOW)
    await arrive(mirrored, op(created=rough))
    assert await mirrored.numbers() == [("p0", 1, 1)]


async def test_a_first_reading_of_several_pages_is_back_filled_to_its_end(house):
    await house.read(op(), complete=False, more=True, bookmark=Bookmark(cursor="page 2"))
    await house.read(post("p1"), complete=False)
    await house.read(post("p2"), complete=False)
    assert [n for _, n, _ in await house.numbers()] == [0, -1, 1]


async def test_numbers_are_given_parents_first(house):
    await house.read(answer("p1", "p2"), answer("p2", "p0"), op("p0", position=9))
    assert [key for key, _, _ in await house.numbers()] == ["p0", "p2", "p1"]


async def test_a_reading_that_changes_nothing_stores_nothing(mirrored):
    await arrive(mirrored, op(), post("p1"))
    before = await mirrored.numbers(), await mirrored.owed(), await mirrored.value("SELECT changed_at FROM thread")
    mirrored.now += 1000
    result = await mirrored.read(op(), post("p1"))
    assert (result.added, result.edited, result.deleted, result.owed) == (0, 0, 0, 0)
    assert (await mirrored.numbers(), await mirrored.owed(), await mirrored.value("SELECT changed_at FROM thread")) == before


async def test_a_post_that_another_thread_holds_already_stops_nothing(mirrored):
    """Moderators move posts; one of them must not keep a whole thread from being read."""
    await arrive(mirrored, op(), post("p1"), key="t")
    await arrive(mirrored, op("q0"), post("p1"), post("q1"), key="u")
    assert [key for key, _, _ in await mirrored.numbers("u")] == ["q0", "q1"]


async def test_a_damaged_item_is_kept_once_and_stops_nothing(house):
    damage = (Damaged("no author", b"<div>", "p1"),)
    for _ in range(2):
        await house.read(op(), damaged=damage)
    assert await house.rows("SELECT key, why, sample FROM damaged") == [("p1", "no author", b"<div>")]
    assert len(await house.numbers()) == 1


# -------------------------------------------------------------------------------------------------- dead and alive


async def test_a_deleted_post_is_counted_and_is_not_the_newest_any_more(mirrored):
    """Unread counts come from `seq` and `dead` alone: posting and deleting cost nothing for each reader."""
    await arrive(mirrored, op(), post("p1"), post("p2"))
    assert await mirrored.counts() == [(0, 3)]
    await mirrored.read(op(), post("p1"))
    assert await mirrored.counts() == [(1, 2)]
    assert await mirrored.rows("SELECT n FROM post_dead") == [(3,)]


async def test_deleting_an_older_post_leaves_the_newest(mirrored):
    await arrive(mirrored, op(), post("p1"), post("p2"))
    await mirrored.read(op(), post("p2"))
    assert await mirrored.counts() == [(1, 3)]


async def test_a_post_that_stands_again_has_its_old_numbers(mirrored):
    await arrive(mirrored, op(), post("p1"), post("p2"))
    numbers = await mirrored.numbers()
    await mirrored.read(op(), post("p1"))
    await mirrored.read(op(), post("p1"), post("p2"))
    assert await mirrored.counts() == [(0, 3)]
    assert await mirrored.rows("SELECT n FROM post_dead") == []
    assert await mirrored.numbers() == numbers


async def test_back_filled_posts_are_never_the_newest(house):
    await house.read(op(), post("p1"))
    assert await house.counts() == [(0, 0)]
    await house.read(op(), post("p1"), post("p2"))
    await house.read(op(), post("p1"))
    assert await house.counts() == [(1, 0)]


async def test_a_post_that_comes_deleted_is_dead_from_the_beginning(mirrored):
    await arrive(mirrored, op(), post("p1", state=PostState.DELETED))
    assert await mirrored.counts() == [(1, 1)]
    assert [key for key, _, _ in await mirrored.numbers()] == ["p0", "p1"]
    await mirrored.read(op(), post("p1"))
    assert await mirrored.counts() == [(0, 2)]


async def test_a_thread_of_which_everything_is_deleted_has_no_newest_post(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.read()
    assert await mirrored.counts() == [(2, 0)]


# -------------------------------------------------------------------------------------------------------- the listing


def listed(key, token="1"):
    return Thread(ThreadKey(key), f"Thread {key}", token=token)


async def due(house):
    rows = "SELECT t.key FROM source s JOIN thread t ON t.id=s.thread WHERE s.next_at<=$1 ORDER BY t.key"
    return [key for (key,) in await house.rows(rows, house.now)]


async def test_the_first_reading_of_a_board_makes_only_its_newest_thread_due(house):
    """A new mirror shows that it works; it does not flood its channel."""
    await house.mirror()
    await house.list(listed("t3"), listed("t2"), listed("t1"))
    assert await due(house) == ["t3"]
    assert await house.owed() == []
    await house.read(op("p0", created=at(0)), post("p1"), key="t3")
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p1", "thread")]


async def test_only_the_first_page_of_a_first_reading_holds_the_newest_thread(house):
    await house.mirror()
    await house.list(listed("t3"), more=True, bookmark=Bookmark(cursor="page 2"))
    await house.list(listed("t2"), listed("t1"))
    assert await due(house) == ["t3"]


async def test_a_board_that_nobody_mirrors_makes_nothing_due(house):
    await house.list(listed("t2"), listed("t1"))
    assert await due(house) == []


async def test_threads_are_due_when_their_evidence_changes(house):
    await house.list(listed("t1"), listed("t2"), listed("t3"))
    house.now += 1000
    await house.list(listed("t2", "2"), listed("t1"), listed("t3"))
    assert await due(house) == ["t2"]


async def test_evidence_counts_as_read_when_the_thread_was_read_to_its_end(house):
    """A listing that said "changed" says so until somebody has looked."""
    await house.list(listed("t1"))
    for _ in range(2):
        assert len(await house.list(listed("t1", "2"))) == 1
    await house.read(op(), key="t1", token="2", more=True)
    assert len(await house.list(listed("t1", "2"))) == 1
    await house.read(post("p1"), key="t1", token="2")
    assert await house.list(listed("t1", "2")) == []


async def test_without_evidence_a_thread_is_due_at_every_reading(house):
    await house.list(listed("t1", ""))
    for _ in range(2):
        assert len(await house.list(listed("t1", ""))) == 1


async def test_a_thread_that_is_due_earlier_stays_so(house):
    await house.list()
    await house.list(listed("t1"))
    house.now += 1000
    await house.list(listed("t1", "2"))
    assert await house.value("SELECT next_at FROM source WHERE kind='thread'") == house.now - 1000


async def test_a_new_thread_is_due_and_has_arrived(house):
    await house.list(listed("t1"))
    assert len(await house.list(listed("t2"), listed("t1"))) == 1
    assert await house.rows("SELECT key, arrived FROM thread ORDER BY key") == [("t1", 0), ("t2", 1)]


async def test_a_first_reading_that_found_nothing_was_one_too(house):
    """Else the first thread of a new board would never arrive."""
    await house.list()
    await house.list(listed("t1"))
    assert await house.rows("SELECT arrived FROM thread") == [(1,)]


async def test_a_listing_stores_where_it_stopped(house):
    await house.list(listed("t1"), bookmark=Bookmark("c", "e", "m", "d"))
    stored = "SELECT cursor, etag, last_modified, digest, read_at, baseline_at FROM source"
    assert await house.rows(stored) == [("c", "e", "m", "d", NOW, NOW)]


# ---------------------------------------------------------------------------------------------------------- deliveries


async def test_posts_and_deliveries_come_in_one_commit(mirrored):
    """Law 1. What fails leaves neither."""
    await mirrored.list(listed("t"))
    await mirrored.store.write(run, "CREATE TRIGGER no BEFORE INSERT ON delivery BEGIN SELECT RAISE(FAIL, 'no'); END")
    with pytest.raises(Exception, match="no"):
        await mirrored.read(op(), post("p1"))
    assert await mirrored.numbers() == []
    await mirrored.store.write(run, "DROP TRIGGER no")
    await mirrored.read(op(), post("p1"))
    assert len(await mirrored.owed()) == 2


async def test_turns_are_given_in_arrival_order(mirrored):
    await arrive(mirrored, op(), answer("p2", "p0"), answer("p1", "p2"), post("p3"))
    rows = """SELECT p.key, d.ord FROM delivery d JOIN post p ON p.id=d.subject_id JOIN place l ON l.id=d.queue
              WHERE l.parent IS NOT NULL ORDER BY d.ord"""
    assert await mirrored.rows(rows) == [("p2", 1), ("p1", 2), ("p3", 3)]


async def test_each_channel_gets_its_own_deliveries(house):
    await house.mirror("lounge")
    await house.mirror("library", Layout.STREAM)
    await house.list()
    await arrive(house, op(), post("p1"))
    assert await house.owed() == [
        ("create", "p0", "channel"),
        ("create", "p0", "channel"),
        ("create", "p1", "channel"),
        ("create", "p1", "thread"),
    ]


async def test_a_second_equal_reading_owes_nothing(mirrored):
    await arrive(mirrored, op(), post("p1"))
    for _ in range(2):
        before = await mirrored.value("SELECT count(*) FROM delivery")
        await mirrored.read(op(), post("p1"))
        assert await mirrored.value("SELECT count(*) FROM delivery") == before
        await mirrored.send()
    assert await mirrored.owed() == []


async def test_an_edit_goes_to_where_the_post_stands(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    await mirrored.read(op(), post("p1", "other words"))
    assert await mirrored.owed() == [("edit", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 2, "shown", 0)]


async def test_an_edit_of_what_is_still_owed_comes_behind_it_and_needs_no_act(mirrored):
    """The create is rendered when its turn comes: it shows the newest words already."""
    await arrive(mirrored, op(), post("p1"))
    await mirrored.read(op(), post("p1", "other words"))
    assert await mirrored.owed() == [("create", "p0", "channel"), ("create", "p1", "thread"), ("edit", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.owed("dropped") == [("edit", "p1", "thread")]
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 2, "shown", 0)]


async def test_a_text_seen_later_fills_its_copy_in(mirrored):
    await arrive(mirrored, op(), post("p1", body=UNKNOWN))
    await mirrored.send()
    await mirrored.read(op(), post("p1", "the text"))
    assert await mirrored.owed() == [("edit", "p1", "thread")]


async def test_a_deletion_becomes_a_tombstone_in_place(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    await mirrored.read(op())
    assert await mirrored.owed() == [("delete", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 2, "tombstone", 0)]


async def test_a_post_that_stands_again_is_shown_again_in_place(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    await mirrored.read(op())
    await mirrored.send()
    await mirrored.read(op(), post("p1"))
    assert await mirrored.owed() == [("edit", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 3, "shown", 0)]


async def test_a_reply_deleted_before_it_was_sent_is_never_sent(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.read(op())
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0)]


async def test_an_op_deleted_before_it_was_sent_becomes_a_tombstone_over_its_replies(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.read(op(state=PostState.DELETED), post("p1"))
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 2, "tombstone", 0), ("p1", 1, "shown", 0)]


async def test_a_post_that_came_deleted_is_shown_when_it_stands(mirrored):
    await arrive(mirrored, op(), post("p1", state=PostState.HIDDEN))
    assert await mirrored.owed() == [("create", "p0", "channel")]
    await mirrored.read(op(), post("p1"))
    assert await mirrored.owed() == [("create", "p0", "channel"), ("create", "p1", "thread")]


async def test_many_missing_posts_are_held_until_an_admin_decides(mirrored):
    """Law 5: the copies stand meanwhile, whatever else changes."""
    posts = [post(f"p{n}") for n in range(1, 10)]
    await arrive(mirrored, op(), *posts)
    await mirrored.send()
    result = await mirrored.read(op(title="Another title"))
    assert (result.losing, result.deleted, result.edited) == (9, 0, 1)
    await mirrored.send()
    [[reader]] = await mirrored.rows("SELECT id FROM source WHERE losing<>''")
    await mirrored.store.write(decide_losing, reader, None, True, "Ada", NOW)
    assert (await mirrored.read(op(title="Another title"))).deleted == 9
    assert await mirrored.rows("SELECT losing, agreed FROM source WHERE id=$1", reader) == [("", "")]


async def test_what_an_admin_keeps_is_not_asked_about_again(mirrored):
    await arrive(mirrored, op(), *(post(f"p{n}") for n in range(1, 10)))
    await mirrored.read(op())
    [[reader]] = await mirrored.rows("SELECT id FROM source WHERE losing<>''")
    await mirrored.store.write(decide_losing, reader, None, False, "Ada", NOW)
    result = await mirrored.read(op())
    assert (result.losing, result.deleted) == (0, 0)


async def test_an_admins_word_holds_until_the_thread_was_read_to_its_end(mirrored):
    """A thread of several pages: the missing posts may stand on the last of them."""
    gone = [post(f"p{n}", state=PostState.DELETED) for n in range(1, 10)]
    await arrive(mirrored, op(), *(post(f"p{n}") for n in range(1, 10)))
    await mirrored.read(*gone, complete=False)
    [[reader]] = await mirrored.rows("SELECT id FROM source WHERE losing<>''")
    await mirrored.store.write(decide_losing, reader, None, True, "Ada", NOW)
    await mirrored.read(op(), complete=False, more=True)
    assert (await mirrored.read(*gone, complete=False)).deleted == 9


# ------------------------------------------------------------------------------------------------- texts that leave


async def test_the_text_of_a_deleted_post_leaves_with_its_tombstone(mirrored):
    """Law 10; not before, because the tombstone may be held up."""
    await arrive(mirrored, op(), post("p1", "secret words", title="secret title"))
    await mirrored.send()
    await mirrored.read(op())
    assert await mirrored.rows("SELECT body, title FROM post WHERE key='p1'") == [("secret words", "secret title")]
    await mirrored.send()
    assert await mirrored.rows("SELECT body, title FROM post WHERE key='p1'") == [("", "")]


async def test_the_title_of_a_title_only_post_leaves_too(mirrored):
    """It is all the text there is of such a post."""
    await arrive(mirrored, op(), post("p1", body=Body(BodyState.EMPTY), title="secret title (n/t)"))
    await mirrored.send()
    await mirrored.read(op())
    await mirrored.send()
    assert await mirrored.rows("SELECT body, title FROM post WHERE key='p1'") == [("", "")]


async def test_the_text_of_a_deleted_post_that_stands_nowhere_leaves_at_once(house):
    await house.read(op(), post("p1", "secret words"))
    await house.read(op())
    assert await house.rows("SELECT body FROM post WHERE key='p1'") == [("",)]


async def test_the_text_leaves_when_its_tombstone_is_refused(mirrored):
    await arrive(mirrored, op(), post("p1", "secret words"))
    await mirrored.send()
    await mirrored.read(op())
    await mirrored.send(refuse=[(Act.DELETE, "p1")])
    assert await mirrored.rows("SELECT body FROM post WHERE key='p1'") == [("",)]


async def test_the_text_of_a_hidden_post_stays(mirrored):
    """It may be shown again, and the page will not bring its words while it is hidden."""
    await arrive(mirrored, op(), post("p1", "words"))
    await mirrored.send()
    await mirrored.read(op(), post("p1", state=PostState.HIDDEN))
    await mirrored.send()
    assert await mirrored.rows("SELECT body FROM post WHERE key='p1'") == [("words",)]


# ------------------------------------------------------------------------------------------------ layouts and mirrors


async def test_cards_open_at_the_first_reply_and_once(house):
    await house.mirror(layout=Layout.CARDS)
    await house.list()
    await arrive(house, op())
    await house.send()
    await house.read(op(), post("p1"))
    assert await house.owed() == [("open", "p0", "channel"), ("create", "p1", "thread")]
    await house.send()
    await house.read(op(), post("p1"), post("p2"))
    assert await house.owed() == [("create", "p2", "thread")]


async def test_opening_a_card_does_not_pass_for_showing_its_newest_words(house):
    """The edit behind the opening must still be made."""
    await house.mirror(layout=Layout.CARDS)
    await house.list()
    await arrive(house, op())
    await house.send()
    await house.read(op("p0", "other words"), post("p1"))
    assert await house.owed() == [("open", "p0", "channel"), ("edit", "p0", "channel"), ("create", "p1", "thread")]
    await house.send()
    assert await house.owed("dropped") == []
    assert await house.copies() == [("p0", 2, "shown", 0), ("p1", 1, "shown", 0)]


@pytest.mark.parametrize("layout", [Layout.THREADS, Layout.CARDS])
async def test_the_next_reply_brings_a_refused_op_again(house, layout):
    """Else its chat thread would never open, and every reply would wait in silence."""
    await house.mirror(layout=layout)
    await house.list()
    await arrive(house, op(), post("p1"))
    await house.send(refuse=[(Act.CREATE, "p0")])
    assert await house.copies() == []
    await house.read(op(), post("p1"), post("p2"))
    await house.send()
    assert [(key, generation) for key, _, _, generation in await house.copies()] == [("p0", 1), ("p1", 0), ("p2", 0)]
    assert await house.owed() == []


async def test_a_stream_that_becomes_threads_opens_what_stands_without_one(house):
    mirror = await house.mirror(layout=Layout.STREAM)
    await house.list()
    await arrive(house, op())
    await house.send()
    await house.store.write(remove_mirror, mirror, None, "Ada", NOW)
    await house.mirror(layout=Layout.THREADS)
    await house.read(op(), post("p1"))
    assert await house.owed() == [("open", "p0", "channel"), ("create", "p1", "thread")]
    await house.send()
    assert [key for key, *_ in await house.copies()] == ["p0", "p1"]


async def test_a_removed_mirror_takes_what_is_pending_with_it_and_leaves_what_stands(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    await mirrored.read(op(), post("p1"), post("p2"))
    [[mirror]] = await mirrored.rows("SELECT id FROM mirror")
    await mirrored.store.write(remove_mirror, mirror, None, "Ada", NOW)
    assert await mirrored.owed() == []
    assert await mirrored.owed("dropped") == [("create", "p2", "thread")]
    assert [key for key, *_ in await mirrored.copies()] == ["p0", "p1"]


async def test_mirroring_again_shows_what_was_dropped_and_repeats_nothing(mirrored):
    """The dropped create counts as a generation: the new one has a key of its own."""
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    await mirrored.read(op(), post("p1"), post("p2"))
    [[mirror]] = await mirrored.rows("SELECT id FROM mirror")
    await mirrored.store.write(remove_mirror, mirror, None, "Ada", NOW)
    again = await mirrored.mirror()
    await mirrored.store.write(owe_known, again, await mirrored.thread(), NOW)
    assert await mirrored.owed() == [("create", "p2", "thread")]
    assert await mirrored.rows("SELECT generation, backfill FROM delivery WHERE state='pending'") == [(1, 1)]
    await mirrored.send()
    assert [key for key, *_ in await mirrored.copies()] == ["p0", "p1", "p2"]


async def test_an_overlapping_mirror_shows_nothing_twice(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.mirror(thread=await mirrored.thread(), whole=True)
    await mirrored.read(op(), post("p1"), post("p2"))
    assert [key for _, key, _ in await mirrored.owed()] == ["p0", "p1", "p2"]


async def test_posts_before_a_mirrors_beginning_are_not_shown(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.mirror("library")
    await mirrored.read(op(), post("p1"), post("p2"))
    library = await mirrored.channel("library")
    rows = """SELECT p.key FROM delivery d JOIN post p ON p.id=d.subject_id WHERE d.channel=$1 ORDER BY d.id"""
    assert await mirrored.rows(rows, library) == [("p0",), ("p2",)]


async def test_a_copy_that_a_person_removed_stays_removed(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    gone = Deleted("e1", await thread_place(mirrored), MessageId("m3"), NOW)
    await mirrored.store.write(receive, "web", Batch((gone,), "1"), NOW)
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 1, "removed", 0)]
    await mirrored.read(op(), post("p1", "other words"))
    await mirrored.read(op())
    await mirrored.read(op(), post("p1", "third words"))
    assert await mirrored.owed() == []


# ---------------------------------------------------------------------------------------- posts that come from the chat

ADA = ChatPerson(UserId("u1"), "Ada of the chat")


async def thread_place(house):
    [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    return Where(ChannelRef(channel), ThreadRef(thread))


async def said(house, words="hello *there*", id="s1"):
    """A person answers in the chat thread; the reply's id."""
    what = Said(id, await thread_place(house), MessageId(id), ADA, words, "markdown", NOW)
    await house.store.write(receive, "web", Batch((what,), id), NOW)
    return await house.value("SELECT id FROM reply WHERE message=$1", id)


async def submitting(house, marker="marker-1"):
    """The reply's delivery as it is while its outcome is not known; the delivery's id."""
    [[queue]] = await house.rows("SELECT queue FROM delivery WHERE subject='reply'")
    job = await house.store.read(head, queue)
    acts = (Part(0, "send", {"text": "hello"}, marker),)
    claim = Claim(job.id, acts, "shown", 1, Moment(NOW, 1, "boot"))
    await house.store.write(turn, queue, None, claim, 0, NOW)
    return job.id


async def fate(house):
    return await house.rows("SELECT fate, post_key FROM reply")


@pytest.fixture
async def talking(mirrored):
    await arrive(mirrored, op(), post("p1"))
    await mirrored.send()
    return mirrored


MINE = Author("Ada of the chat")


async def test_a_post_that_carries_a_replys_marker_is_that_reply(talking):
    """Its message in the chat is the copy: nobody sees the words twice."""
    reply = await said(talking)
    await submitting(talking, "marker-1")
    await talking.read(op(), post("p1"), post("p2", "anything", author=Author("Somebody"), marker="marker-1"))
    assert await talking.owed() == []
    assert await fate(talking) == [("posted", "p2")]
    rows = """SELECT c.reply, c.state, m.message FROM copy c JOIN copy_message m ON m.copy=c.id
                JOIN post p ON p.id=c.post WHERE p.key='p2'"""
    assert await talking.rows(rows) == [(reply, "shown", "s1")]


async def test_a_post_with_a_replys_author_and_words_is_that_reply(talking):
    """Forums without a marker; formats differ, words do not."""
    await said(talking)
    await talking.read(op(), post("p1"), post("p2", body=Body(BodyState.PRESENT, "<p>hello <i>there</i></p>", "html"), author=MINE))
    assert await fate(talking) == [("posted", "p2")]
    assert await talking.owed() == []


@pytest.mark.parametrize(
    "cells", [{"words": "hello there"}, {"words": "other words", "author": MINE}], ids=["author", "words"]
)
async def test_a_post_with_another_author_or_other_words_is_somebody_elses(talking, cells):
    await said(talking)
    await talking.read(op(), post("p1"), post("p2", **cells))
    assert await fate(talking) == [("pending", "")]
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_another_marker_is_somebody_elses_whatever_the_words(talking):
    await said(talking)
    await submitting(talking, "marker-1")
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE, marker="marker-2"))
    assert await talking.owed() == [("create", "p2", "thread")]


async def test_one_reply_is_recognised_in_one_post_only(talking):
    await said(talking)
    twins = [post(key, "hello there", author=MINE) for key in ("p2", "p3")]
    await talking.read(op(), post("p1"), *twins)
    assert await fate(talking) == [("posted", "p2")]
    assert await talking.owed() == [("create", "p3", "thread")]


async def test_two_equal_replies_are_recognised_in_two_posts(talking):
    await said(talking, id="s1")
    await said(talking, id="s2")
    await talking.read(op(), post("p1"), *(post(key, "hello there", author=MINE) for key in ("p2", "p3")))
    assert await fate(talking) == [("posted", "p2"), ("posted", "p3")]
    assert await talking.owed() == []


async def test_a_refused_reply_is_recognised_in_nothing(talking):
    """The forum did not take it; who writes the same on the forum wrote it there."""
    await said(talking)
    delivery = await submitting(talking)
    await talking.store.write(conclude, delivery, "refused", "too short", NOW)
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await talking.owed() == [("create", "p2", "thread")]


@pytest.mark.parametrize("state", ["sending", "held"])
async def test_recognising_a_reply_settles_its_delivery(talking, state):
    """The answer was lost, the page shows what came of it: nothing is left to find out."""
    await said(talking)
    delivery = await submitting(talking)
    if state == "held":
        await talking.store.write(conclude, delivery, "held", "its answer was lost", NOW)
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await talking.value("SELECT state FROM delivery WHERE id=$1", delivery) == "sent"
    assert await fate(talking) == [("posted", "p2")]


async def test_a_reply_that_was_recognised_while_it_waited_stays_posted(talking):
    """Its delivery is not owed any more; giving it up must not take the ✅ away."""
    await said(talking)
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE))
    [[queue]] = await talking.rows("SELECT queue FROM delivery WHERE subject='reply'")
    job = await talking.store.read(head, queue)
    assert job.subject is Subject.REPLY
    decision = step(job, NOW, False)
    assert isinstance(decision, Drop)
    await talking.store.write(conclude, job.id, "dropped", decision.reason, NOW)
    assert await fate(talking) == [("posted", "p2")]


async def test_a_post_that_was_settled_first_is_adopted_when_it_is_read(talking):
    """The forum's answer names the post before any page shows it."""
    reply = await said(talking)
    [[queue]] = await talking.rows("SELECT queue FROM delivery WHERE subject='reply'")
    job = await talking.store.read(head, queue)
    acts = (Part(0, "send", {"text": "hello"}, "k"),)
    await talking.store.write(turn, queue, None, Claim(job.id, acts, "shown", 1, Moment(NOW, 1, "boot")), 0, NOW)
    await talking.store.write(
        turn, queue, Settled(msgspec.structs.replace(job, parts=acts), {0: "p2"}, 1, "shown"), None, 0, NOW
    )
    assert await fate(talking) == [("posted", "p2")]
    await talking.read(op(), post("p1"), post("p2", "the forum's own wording", author=Author("x")))
    assert await talking.owed() == []
    assert await talking.rows("SELECT reply, state FROM copy WHERE reply IS NOT NULL") == [(reply, "shown")]


async def test_other_channels_get_a_copy_of_a_chat_reply(house):
    """It is the copy in its own channel only."""
    await house.mirror("lounge")
    await house.list()
    await arrive(house, op())
    await house.send()
    await house.mirror("library", Layout.STREAM)
    await said(house)
    await house.read(op(), post("p1", "hello there", author=MINE))
    library = await house.channel("library")
    rows = "SELECT d.channel, p.key FROM delivery d JOIN post p ON p.id=d.subject_id WHERE d.subject='post' AND d.state='pending'"
    assert await house.rows(rows) == [(library, "p1")]


async def test_an_edit_that_came_from_the_chat_is_not_sent_back(talking):
    await said(talking)
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE))
    await talking.read(op(), post("p1"), post("p2", "hello *there*", author=MINE))
    assert await talking.value("SELECT revision FROM post WHERE key='p2'") == 2
    assert await talking.owed() == [("edit", "p2", "thread")]
    await talking.send()
    await talking.read(op(), post("p1"), post("p2", "hello  there,", author=MINE, version="2"))


async def test_a_message_whose_newer_words_are_under_way_is_not_edited(talking):
    """The person's word is the later one; the forum is about to get it."""
    await said(talking)
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE))
    edited = Edited("e1", await thread_place(talking), MessageId("s1"), ADA, "newer words", "plain", NOW)
    await talking.store.write(receive, "web", Batch((edited,), "e1"), NOW)
    await talking.read(op(), post("p1"), post("p2", "hello there, said the moderator", author=MINE))
    assert await talking.owed() == []


async def test_a_message_taken_back_before_its_post_was_seen_is_no_copy_that_stands(talking):
    await said(talking)
    gone = Deleted("d1", await thread_place(talking), MessageId("s1"), NOW)
    await talking.store.write(receive, "web", Batch((gone,), "d1"), NOW)
    await talking.read(op(), post("p1"), post("p2", "hello there", author=MINE))
    assert await talking.rows("SELECT state FROM copy WHERE reply IS NOT NULL") == [("removed",)]
    assert await talking.owed() == []


async def test_a_card_answers_its_parents_copy(talking):
    """The job that the sender sees, for a reply to a reply."""
    await talking.read(op(), post("p1"), answer("p2", "p1"))
    [[queue]] = await talking.rows("SELECT queue FROM delivery WHERE state='pending'")
    job = await talking.store.read(head, queue)
    parent = await talking.value("SELECT id FROM post WHERE key='p1'")
    assert job.answered == Answered(MessageId("m3"), True, True, "", "Ada", parent)
