"""What the reading of a board's list makes due."""

from bot.model import Board, BoardKey, Bookmark, Damaged, Thread, ThreadKey, ThreadPage, at
from bot.store.forums import ensure_board
from bot.testing.store_rig import BEGINNING, op, post


def listed(key, token="1"):
    return Thread(ThreadKey(key), f"Thread {key}", token=token)


async def due(house):
    rows = "SELECT t.key FROM source s JOIN thread t ON t.id=s.thread WHERE s.next_at<=$1 ORDER BY t.key"
    return [key for (key,) in await house.rows(rows, house.now)]


async def test_the_first_reading_of_a_board_makes_only_its_newest_thread_due(house):
    """A new mirror shows that it works; it does not flood its channel."""
    await house.mirror()
    await house.read_list(listed("t3"), listed("t2"), listed("t1"))
    assert await due(house) == ["t3"]
    assert await house.owed() == []
    await house.read_thread(op("p0", created=at(0)), post("p1"), key="t3")
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p1", "thread")]


async def test_only_the_first_page_of_a_first_reading_holds_the_newest_thread(house):
    await house.mirror()
    await house.read_list(listed("t3"), more=True, bookmark=Bookmark(cursor="page 2"))
    await house.read_list(listed("t2"), listed("t1"))
    assert await due(house) == ["t3"]


async def test_a_board_that_nobody_mirrors_makes_nothing_due(house):
    await house.read_list(listed("t2"), listed("t1"))
    assert await due(house) == []


async def test_threads_are_due_when_their_evidence_changes(house):
    await house.read_list(listed("t1"), listed("t2"), listed("t3"))
    house.now += 1000
    await house.read_list(listed("t2", "2"), listed("t1"), listed("t3"))
    assert await due(house) == ["t2"]


async def test_evidence_counts_as_read_when_the_thread_was_read_to_its_end(house):
    """A listing that said "changed" says so until somebody has looked."""
    await house.read_list(listed("t1"))
    for _ in range(2):
        assert len((await house.read_list(listed("t1", "2"))).due) == 1
    await house.read_thread(op(), key="t1", token="2", more=True)
    assert len((await house.read_list(listed("t1", "2"))).due) == 1
    await house.read_thread(post("p1"), key="t1", token="2")
    assert (await house.read_list(listed("t1", "2"))).due == ()


async def test_without_evidence_a_thread_is_due_at_every_reading(house):
    await house.read_list(listed("t1", ""))
    for _ in range(2):
        assert len((await house.read_list(listed("t1", ""))).due) == 1


async def test_a_thread_that_is_due_earlier_stays_so(house):
    await house.read_list()
    await house.read_list(listed("t1"))
    house.now += 1000
    await house.read_list(listed("t1", "2"))
    assert await house.value("SELECT next_at FROM source WHERE kind='thread'") == house.now - 1000


async def test_a_new_thread_is_due_and_has_arrived(house):
    await house.read_list(listed("t1"))
    assert len((await house.read_list(listed("t2"), listed("t1"))).due) == 1
    assert await house.rows("SELECT key, arrived FROM thread ORDER BY key") == [("t1", 0), ("t2", 1)]


async def test_a_first_reading_that_found_nothing_was_one_too(house):
    """Else the first thread of a new board would never arrive."""
    await house.read_list()
    await house.read_list(listed("t1"))
    assert await house.rows("SELECT arrived FROM thread") == [(1,)]


async def test_a_listing_stores_where_it_stopped(house):
    await house.read_list(listed("t1"), bookmark=Bookmark("c", "e", "m", "d"))
    stored = "SELECT cursor, etag, last_modified, digest, read_at, baseline_at FROM source"
    assert await house.rows(stored) == [("c", "e", "m", "d", BEGINNING, BEGINNING)]


# ------------------------------------------------------------------------------------- posts that the list itself shows


def leaf(key, *posts, **cells):
    return ThreadPage(Thread(ThreadKey(key), f"Thread {key}", tags=("a", "b")), posts, **cells)


async def test_posts_of_a_list_are_stored_with_it_and_their_threads_are_not_read_by_themselves(house):
    await house.mirror()
    read = await house.read_list(pages=(leaf("t2", op("p2")), leaf("t1", op("p1"))))
    assert (read.due, await house.value("SELECT count(*) FROM source")) == ((), 1)
    rows = "SELECT p.key, t.key, t.tags, p.n FROM post p JOIN thread t ON t.id=p.thread ORDER BY p.id"
    assert await house.rows(rows) == [("p1", "t1", '["a","b"]', 0), ("p2", "t2", '["a","b"]', 0)]


async def test_of_a_first_list_only_the_newest_post_is_shown(house):
    await house.mirror()
    read = await house.read_list(pages=(leaf("t2", op("p2")), leaf("t1", op("p1"))))
    assert (read.owed, await house.owed()) == (1, [("create", "p2", "channel")])


async def test_a_mirror_that_comes_later_is_shown_the_newest_post_too(house):
    """Another channel on a known feed has a beginning of its own."""
    await house.read_list(pages=(leaf("t2", op("p2")), leaf("t1", op("p1"))))
    await house.mirror()
    read = await house.read_list(pages=(leaf("t3", op("p3")), leaf("t2", op("p2")), leaf("t1", op("p1"))))
    assert (read.added, await house.owed()) == (1, [("create", "p3", "channel")])


async def test_news_of_a_list_arrive_in_the_order_in_which_they_were_written(house):
    await house.mirror()
    await house.read_list()
    await house.read_list(pages=(leaf("t2", op("p2")), leaf("t1", op("p1"))))
    assert await house.owed() == [("create", "p1", "channel"), ("create", "p2", "channel")]


async def test_what_resurfaced_in_a_list_is_stored_and_is_no_news(house):
    """Where newer items are deleted, older ones slide back into a feed's window."""
    await house.mirror()
    await house.read_list()
    await house.read_list(pages=(leaf("t1", op("p1"), resurfaced=True),))
    assert await house.owed() == []
    assert await house.numbers("t1") == [("p1", 0, 0)]


async def test_an_edit_in_a_list_is_owed(house):
    await house.mirror()
    await house.read_list()
    await house.read_list(pages=(leaf("t1", op("p1")),))
    await house.send()
    read = await house.read_list(pages=(leaf("t1", op("p1", "other words")),))
    assert (read.owed, await house.owed()) == (1, [("edit", "p1", "channel")])


async def test_a_list_proves_no_post_absent(house):
    await house.read_list(pages=(leaf("t1", op("p1")),))
    await house.read_list(pages=(leaf("t1", complete=True),))
    await house.read_list()
    assert await house.rows("SELECT state FROM post") == [("live",)]


async def test_a_thread_may_stand_in_a_list_with_its_post_and_be_read_for_its_replies(house):
    await house.mirror()
    await house.read_list()
    both = {"pages": (leaf("t1", op("p1")),)}
    assert len((await house.read_list(listed("t1"), **both)).due) == 1
    await house.read_thread(post("r1"), key="t1", token="1", complete=False)
    assert (await house.read_list(listed("t1"), **both)).due == ()
    assert await house.owed() == [("create", "p1", "channel"), ("create", "r1", "thread")]


async def test_a_name_that_is_not_told_does_not_replace_one_that_was(house):
    """A list of the whole site knows of a thread's own board no more than its address."""
    for name, path in [("Tea", ("Culture", "Tea")), ("", ()), ("Teas", ())]:
        await house.store.write(ensure_board, house.forum, Board(BoardKey("1777"), name, path))
    assert await house.rows("SELECT name, path FROM board WHERE key='1777'") == [("Teas", '["Culture","Tea"]')]


async def test_what_is_damaged_in_a_list_s_posts_is_kept_and_its_neighbours_go_on(house):
    """Whatever is not shown is visible somewhere."""
    await house.read_list()
    broken = op("p1", position=2**70)
    await house.read_list(pages=(leaf("t2", op("p2")), leaf("t1", broken)))
    assert await house.rows("SELECT key FROM post") == [("p2",)]
    assert await house.rows("SELECT key FROM damaged") == [("p1",)]
    await house.read_list(pages=(leaf("t1", op("p1")),))
    assert await house.rows("SELECT key FROM damaged") == []


async def test_damage_that_names_no_item_is_over_with_the_next_whole_list(house):
    await house.read_list(damaged=(Damaged("the feed breaks off", b"<it"), Damaged("no address", b"<tr>", "t1")))
    assert await house.value("SELECT count(*) FROM damaged") == 2
    await house.read_list(listed("t2"), more=True)
    assert await house.value("SELECT count(*) FROM damaged") == 2
    await house.read_list(listed("t2"))
    assert await house.rows("SELECT key FROM damaged") == [("t1",)]
