"""Lists of what is unread: in which boards, for whom, in which order; and much of it marked at once."""

import pytest

from bot.model import DAY, Board, BoardKey, Listing, Thread, ThreadKey, ThreadPage
from bot.pace import Terms
from bot.store import clearing, run
from bot.store.clearing import mark_shown
from bot.store.communities import ensure_community
from bot.store.following import mute
from bot.store.forums import ensure_board, ensure_thread
from bot.store.ingest import ingest_listing, ingest_thread
from bot.store.marks import mark_posts, mark_thread, unread_in
from bot.store.mirrors import add_mirror, keep_private
from bot.store.persons import ensure_person
from bot.store.places import ensure_channel
from bot.store.sight import EVERYTHING, Sight, thread_seen
from bot.store.sources import ensure_source, source
from bot.store.unread import Reach, boards_seen, unread_boards, unread_threads
from bot.testing.store_rig import BEGINNING, BOARD, op, post

CATS = Board(BoardKey("cats"), "Cats", ("Forum", "Lounge", "Cats"))


class Neighbourhood:
    """A forum, a reader, and two communities: ours mirrors the lounge, the others mirror what a test says."""

    def __init__(self, house):
        self.house = house

    async def furnish(self):
        write = self.house.store.write
        self.ada = await write(ensure_person, "web", "ada", "Ada", BEGINNING)
        self.others = await write(ensure_community, "matrix", "!space", "Others")
        return self

    async def mirror(self, board=None, thread=None):
        write = self.house.store.write
        place = await write(ensure_channel, self.others, "matrix", "!room", "room")
        await write(add_mirror, self.others, board, thread, place, "threads", "all", "Bo", BEGINNING)

    async def listed(self, key, board=None, posts=2, by=BOARD):
        """A board's list shows a thread, which may be at home in another one; it is read."""
        thread = Thread(ThreadKey(key), f"Thread {key}", board=board, token="1")

        def unit():
            list = yield from ensure_board(self.house.forum, by)
            reader = yield from source((yield from ensure_source(self.house.forum, list, None, 0)))
            if reader.baseline_at is None:
                yield from ingest_listing(reader, Listing(by, ()), Terms(DAY), BEGINNING)
                reader = yield from source(reader.id)
            yield from ingest_listing(reader, Listing(by, (thread,)), Terms(DAY), BEGINNING)

        await self.house.store.write(unit)
        return await self.read(thread, posts)

    async def read(self, thread, posts=2):
        """A thread is read, wherever it is at home."""
        shown = (op(f"{thread.key}0"), *(post(f"{thread.key}{n}") for n in range(1, posts)))

        def unit():
            row = yield from ensure_thread(self.house.forum, thread, False)
            reader = yield from source((yield from ensure_source(self.house.forum, None, row.id, 0)))
            yield from ingest_thread(reader, ThreadPage(thread, shown, complete=True), Terms(DAY), BEGINNING)
            return row.id

        return await self.house.store.write(unit)

    async def boards(self, community):
        return await self.house.store.read(boards_seen, Sight(community))

    async def unread(self, community, **page):
        found = {}
        for board in await self.boards(community):
            news = await self.house.store.read(unread_threads, self.ada, board, Sight(community), **page)
            if news.threads:
                found[board.name] = [each.title for each in news.threads]
        return found

    async def shown(self):
        return {self.house.forum: await self.house.value("SELECT next_seq-1 FROM forum")}


@pytest.fixture
async def town(mirrored):
    return await Neighbourhood(mirrored).furnish()


# ----------------------------------------------------------------------------------------------- what a community sees


async def test_a_community_sees_its_boards_and_no_others(town):
    """Law 12: what others mirror of the same forum is not named."""
    cats = await town.house.store.write(ensure_board, town.house.forum, CATS)
    await town.mirror(board=cats)
    await town.listed("t")
    await town.listed("c", by=CATS)
    assert await town.unread(town.house.community) == {"Lounge": ["Thread t"]}
    assert await town.unread(town.others) == {"Cats": ["Thread c"]}
    assert await town.unread(None) == {"Lounge": ["Thread t"], "Cats": ["Thread c"]}


async def test_of_a_board_that_others_mirror_it_sees_what_its_own_lists_show(town):
    """A list may show threads that are at home elsewhere: they stand under their own board, the others stay unseen."""
    await town.listed("c", board=CATS)
    await town.mirror(board=await town.house.value("SELECT id FROM board WHERE key='cats'"))
    await town.listed("d", by=CATS)
    assert await town.unread(town.house.community) == {"Cats": ["Thread c"]}
    assert await town.unread(town.others) == {"Cats": ["Thread d", "Thread c"]}


async def test_a_thread_that_comes_to_another_board_is_seen_there(town):
    await town.listed("t")
    await town.read(Thread(ThreadKey("t"), "Thread t", board=CATS))
    assert await town.unread(town.house.community) == {"Cats": ["Thread t"]}


async def test_of_a_board_one_thread_may_be_mirrored_alone(town):
    await town.listed("t")
    await town.mirror(thread=await town.listed("u"))
    assert await town.unread(town.others) == {"Lounge": ["Thread u"]}
    assert [board.reach for board in await town.boards(town.others)] == [Reach.ALONE]


async def test_a_thread_without_a_board_is_seen_where_it_is_mirrored(town):
    alone = Thread(ThreadKey("x"), "Thread x")
    await town.mirror(thread=await town.read(alone, posts=1))
    await town.read(alone, posts=2)
    assert await town.unread(town.others) == await town.unread(None) == {"": ["Thread x"]}
    assert await town.unread(town.house.community) == {}


async def test_what_is_not_mirrored_any_more_is_not_seen(town):
    await town.listed("t")
    await town.house.store.write(run, "UPDATE mirror SET state='removed'")
    assert await town.boards(town.house.community) == []


# --------------------------------------------------------------------------------------------------------------- lists


async def test_the_newest_stand_first_and_pages_hold_each_once(town):
    for n in "abcde":
        await town.listed(f"t{n}")
    await town.read(Thread(ThreadKey("tb"), "Thread tb", board=BOARD), posts=3)
    [board] = await town.boards(town.house.community)
    found, before, more = [], None, True
    while more:
        page = await town.house.store.read(unread_threads, town.ada, board, Sight(town.house.community), before, 2)
        found += [each.title for each in page.threads]
        before, more = page.threads[-1].live_seq, page.more
    assert found == ["Thread tb", "Thread te", "Thread td", "Thread tc", "Thread ta"]


async def test_a_list_says_how_many_replies_there_are_and_how_many_are_new(town):
    """As an old forum does: "N replies, M new"."""
    thread = await town.listed("t", posts=4)
    await town.house.store.write(mark_thread, town.ada, thread, 2)
    [board] = await town.house.store.read(unread_boards, town.ada, Sight(town.house.community))
    assert [(each.replies, each.unread) for each in board.threads] == [(3, 2)]
    assert board.posts == 2


async def test_threads_whose_new_posts_were_read_one_by_one_make_no_empty_page(town):
    """They are skipped, and the page is filled with what lies behind."""
    for n in "abcdef":
        await town.listed(f"t{n}", posts=1)
    posts = await town.house.rows("SELECT id FROM post WHERE key<>'ta0' ORDER BY id")
    await town.house.store.write(mark_posts, town.ada, [id for (id,) in posts])
    assert await town.unread(town.house.community, limit=2) == {"Lounge": ["Thread ta"]}


async def test_boards_in_which_nothing_is_new_are_not_named(town):
    await town.listed("t")
    assert await town.house.store.write(mark_shown, town.ada, Sight(town.house.community), await town.shown())
    assert await town.house.store.read(unread_boards, town.ada, Sight(town.house.community)) == []


# -------------------------------------------------------------------------------------------------- much marked at once


async def test_all_is_read_up_to_what_was_shown(town):
    await town.listed("t")
    shown = await town.shown()
    await town.listed("u")
    assert await town.house.store.write(mark_shown, town.ada, Sight(town.house.community), shown)
    assert await town.unread(town.house.community) == {"Lounge": ["Thread u"]}


async def test_one_board_is_marked_alone(town):
    await town.listed("t")
    await town.listed("c", board=CATS)
    cats = await town.house.value("SELECT id FROM board WHERE key='cats'")
    assert await town.house.store.write(mark_shown, town.ada, Sight(town.house.community), await town.shown(), cats)
    assert await town.unread(town.house.community) == {"Lounge": ["Thread t"]}


async def test_of_a_board_that_is_seen_in_part_nothing_else_is_marked(town):
    """The rest was never shown; it may be new to the same person in another community."""
    await town.listed("c", board=CATS)
    await town.mirror(board=await town.house.value("SELECT id FROM board WHERE key='cats'"))
    other = await town.listed("d", by=CATS)
    assert await town.house.store.write(mark_shown, town.ada, Sight(town.house.community), await town.shown())
    assert await town.unread(town.house.community) == {}
    assert await town.house.store.read(unread_in, town.ada, other) == 2


async def test_what_is_much_is_marked_in_several_units(town, monkeypatch):
    """Others have their turn between two of them."""
    monkeypatch.setattr(clearing, "AT_ONCE", 2)
    for n in "abcde":
        await town.listed(f"c{n}", board=CATS)
    shown = await town.shown()
    done = [await town.house.store.write(mark_shown, town.ada, Sight(town.house.community), shown) for _ in range(3)]
    assert done == [False, False, True]
    assert await town.unread(town.house.community) == {}


async def test_a_forum_that_was_not_shown_is_not_marked(town):
    await town.listed("t")
    assert await town.house.store.write(mark_shown, town.ada, Sight(town.house.community), {})
    assert await town.unread(town.house.community) == {"Lounge": ["Thread t"]}


async def test_what_guests_cannot_read_is_seen_in_its_own_channel_alone(town):
    """Not everybody of a community reads in the channel that shows it."""
    write, read = town.house.store.write, town.house.store.read
    cats = await write(ensure_board, town.house.forum, CATS)
    place = await write(ensure_channel, town.house.community, "web", "staff", "staff")
    mirror, _ = await write(add_mirror, town.house.community, cats, None, place, "threads", "all", "Bo", BEGINNING)
    await write(keep_private, mirror)
    thread = await town.listed("c", CATS, by=CATS)
    for channel, seen in ((0, False), (place + 1000, False), (place, True)):
        sight = Sight(town.house.community, channel)
        assert ("Cats" in [board.name for board in await read(boards_seen, sight)]) is seen
        assert (await read(thread_seen, thread, sight) is not None) is seen
    assert await read(thread_seen, thread, EVERYTHING) is not None


async def test_a_list_put_together_leaves_what_is_muted_as_it_is(town):
    """Who wants to hear of it again finds what came meanwhile."""
    write, read = town.house.store.write, town.house.store.read
    muted, other = await town.listed("a"), await town.listed("b")
    await write(mute, town.ada, muted, town.house.community)
    await write(mark_thread, town.ada, other, 1 << 40)
    sight = Sight(town.house.community)
    assert [news.threads for news in await read(unread_boards, town.ada, sight)] == []
    await write(clearing.collapse, town.ada, town.house.board)
    assert await read(unread_in, town.ada, muted) == 2
