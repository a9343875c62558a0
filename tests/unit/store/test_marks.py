"""Law 8, in words: marks rise, live in arrival order, and are touched by their reader alone."""

import pytest

from bot.model import Board, BoardKey, PostState, Thread, ThreadKey, ThreadPage
from bot.reading.outline import outline
from bot.store.clearing import collapse
from bot.store.discussion import newest, read_through, rows_of, unread_posts
from bot.store.forums import ensure_thread
from bot.store.marks import mark_board, mark_posts, mark_thread, mark_to, mark_unread, raise_floor, unread_in
from bot.store.persons import ensure_person, identities, join, person_of, unlink
from bot.store.sight import Sight
from bot.store.unread import boards_seen, unread_threads
from bot.testing.store_rig import BEGINNING, answer, op, post

HISTORY = ThreadKey("t")


class Reader:
    """A person and a thread; everything by the keys of posts."""

    def __init__(self, house, user="ada"):
        self.house = house
        self.user = user

    async def meet(self):
        self.id = await self.house.store.write(ensure_person, "web", self.user, self.user, BEGINNING)
        return self

    async def thread(self, key="t"):
        return await self.house.value("SELECT id FROM thread WHERE key=$1", key)

    async def post(self, key):
        return await self.house.value("SELECT id FROM post WHERE key=$1", key)

    async def unread(self, key="t"):
        thread = await self.thread(key)
        posts = await self.house.store.read(unread_posts, self.id, thread)
        assert await self.house.store.read(unread_in, self.id, thread) == len(posts)
        return [await self.house.value("SELECT key FROM post WHERE id=$1", each.id) for each in posts]

    async def list(self, community=None):
        found = []
        for board in await self.house.store.read(boards_seen, Sight(community)):
            page = await self.house.store.read(unread_threads, self.id, board, Sight(community))
            found += [(each.title, each.replies, each.unread) for each in page.threads]
        return found

    async def mark(self, key="t", seq=None):
        seq = await self.house.value("SELECT next_seq-1 FROM forum") if seq is None else seq
        return await self.house.store.write(mark_thread, self.id, await self.thread(key), seq)

    async def mark_board(self, seq=None):
        seq = await self.house.value("SELECT next_seq-1 FROM forum") if seq is None else seq
        await self.house.store.write(mark_board, self.id, self.house.board, seq)

    async def act(self, unit, *keys):
        posts = [await self.post(key) for key in keys]
        await self.house.store.write(unit, self.id, posts if unit is mark_posts else posts[0])

    async def marks(self):
        return await self.house.rows("SELECT seq, n, forced FROM thread_mark WHERE person=$1 ORDER BY thread", self.id)


@pytest.fixture
async def told(mirrored):
    await mirrored.arrive(op(), post("p1"), post("p2"), post("p3"))
    return mirrored


@pytest.fixture
async def ada(told):
    return await Reader(told).meet()


async def resurface(house, *posts):
    """A list shows posts of the thread that were written before it was read for the first time."""
    page = ThreadPage(Thread(HISTORY, "A thread", board=Board(BoardKey("b"), "Lounge")), posts, resurfaced=True)
    await house.read_list(pages=(page,))


async def move_thread(house, board):
    thread = Thread(HISTORY, "A thread", board=Board(BoardKey(board), board))
    await house.store.write(ensure_thread, house.forum, thread, False)


# ------------------------------------------------------------------------------------------------ what arrives is new


async def test_everything_that_arrived_is_unread_until_it_is_marked(ada):
    assert await ada.unread() == ["p0", "p1", "p2", "p3"]
    assert await ada.mark()
    assert await ada.unread() == []


async def test_what_arrives_after_it_was_shown_stays_unread(told, ada):
    """The button carries what was shown, not what is there when it is pressed."""
    shown = await told.value("SELECT next_seq-1 FROM forum")
    await told.read_thread(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    await ada.mark(seq=shown)
    assert await ada.unread() == ["p4"]


async def test_a_late_reply_is_unread_wherever_it_stands(told, ada):
    """Marks live in arrival order: it was held by a moderator, and is shown between older ones."""
    await ada.mark()
    await told.read_thread(op(), post("p1"), post("late", position=1), post("p2"), post("p3"))
    assert await ada.unread() == ["late"]


async def test_an_edit_is_nothing_new(told, ada):
    await ada.mark()
    await told.read_thread(op(), post("p1", "other words"), post("p2"), post("p3"))
    assert await ada.unread() == []


async def test_a_deletion_touches_no_mark_and_a_restored_post_is_as_read_as_it_was(told, ada):
    await ada.mark(seq=2)
    before = await ada.marks()
    gone = [post(key, state=PostState.DELETED) for key in ("p1", "p3")]
    await told.read_thread(op(), post("p2"), *gone)
    assert (await ada.unread(), await ada.marks()) == (["p2"], before)
    await told.read_thread(op(), post("p1"), post("p2"), post("p3"))
    assert (await ada.unread(), await ada.marks()) == (["p2", "p3"], before)


async def test_back_filled_posts_are_never_new(told, ada):
    await resurface(told, post("old1", position=-2), post("old2", position=-1))
    assert await ada.unread() == ["p0", "p1", "p2", "p3"]
    await ada.act(mark_to, "old1")
    await ada.act(mark_posts, "old2")
    assert await ada.unread() == ["p0", "p1", "p2", "p3"]
    assert await told.rows("SELECT * FROM post_mark") == await ada.marks() == []


async def test_a_back_filled_post_that_moves_away_leaves_nothing_unread(told, ada):
    """Seeks for a mark look at what arrived alone: a back-filled row may be missing below it."""
    await told.arrive(op("q0"), key="u")
    await resurface(told, post("old1", position=-2), post("old2", position=-1))
    await told.read_thread(op("q0"), post("old1"), key="u")
    assert await ada.unread() == ["p0", "p1", "p2", "p3"]


async def test_a_post_that_moved_is_new_where_it_is(told, ada):
    await told.arrive(op("q0"), key="u")
    await ada.mark_board()
    await told.read_thread(op("q0"), post("p2"), key="u")
    assert (await ada.unread("t"), await ada.unread("u")) == ([], ["p2"])


# ----------------------------------------------------------------------------------------------------- marks of readers


async def test_marks_only_rise(ada):
    await ada.mark(seq=3)
    assert not await ada.mark(seq=1)
    assert await ada.unread() == ["p3"]


async def test_a_mark_up_to_a_post_reads_what_arrived_before_it(ada):
    await ada.act(mark_to, "p2")
    assert await ada.unread() == ["p3"]


async def test_posts_are_read_out_of_their_order(ada):
    await ada.act(mark_posts, "p3", "p1")
    assert await ada.unread() == ["p0", "p2"]


async def test_single_marks_leave_once_the_thread_is_read_so_far(told, ada):
    await ada.act(mark_posts, "p1", "p3")
    await ada.act(mark_to, "p2")
    assert await told.rows("SELECT n FROM post_mark") == [(4,)]
    assert await ada.unread() == []


async def test_mark_unread_beats_the_board_until_it_is_marked_again(ada):
    await ada.mark_board()
    await ada.act(mark_unread, "p2")
    assert (await ada.unread(), await ada.list()) == (["p2", "p3"], [("A thread", 3, 2)])
    await ada.mark_board()
    assert (await ada.unread(), await ada.marks()) == ([], [])


async def test_mark_unread_leaves_what_lies_before(ada):
    await ada.act(mark_to, "p0")
    await ada.act(mark_posts, "p1", "p3")
    await ada.act(mark_unread, "p2")
    assert await ada.unread() == ["p2", "p3"]


async def test_a_board_is_read_up_to_what_was_shown_and_marks_below_leave(told, ada):
    await ada.mark(seq=2)
    await told.arrive(op("q0"), key="u")
    await ada.mark_board(seq=4)
    assert (await ada.unread("t"), await ada.unread("u"), await ada.marks()) == ([], ["q0"], [])


async def test_a_mark_beyond_that_of_the_board_stays(ada):
    await ada.mark(seq=3)
    await ada.mark_board(seq=2)
    assert (await ada.unread(), await ada.marks()) == (["p3"], [(3, 3, 0)])


async def test_nobody_marks_what_does_not_exist_yet(told, ada):
    await ada.mark_board(seq=10**12)
    await told.read_thread(op(), post("p1"), post("p2"), post("p3"), post("p4"))
    assert await ada.unread() == ["p4"]


async def test_below_the_floor_everything_is_read_for_everybody(told, ada):
    await told.store.write(raise_floor, told.board, 3)
    await ada.act(mark_unread, "p0")
    assert await ada.unread() == ["p3"]
    brook = await Reader(told, "brook").meet()
    assert await brook.unread() == ["p3"]


async def test_the_marks_of_one_say_nothing_about_another(told, ada):
    brook = await Reader(told, "brook").meet()
    await ada.mark_board()
    assert await brook.unread() == ["p0", "p1", "p2", "p3"]


async def test_what_is_read_thread_by_thread_becomes_one_mark(told, ada):
    for n in range(3):
        await told.arrive(op(f"q{n}"), key=f"u{n}")
        await ada.mark(f"u{n}")
    await ada.act(mark_to, "p1")
    await told.store.write(collapse, ada.id, told.board)
    assert await told.rows("SELECT seq FROM board_mark") == [(2,)]
    assert await ada.unread() == ["p2", "p3"]
    await ada.mark()
    await told.store.write(collapse, ada.id, told.board)
    assert (await ada.marks(), await ada.list()) == ([], [])


# ---------------------------------------------------------------------------------------------------- threads that move


async def test_a_thread_that_moves_stays_as_read_as_it_was(told, ada):
    """Also where the mark of its new board is higher: who set that did not see it there."""
    await ada.act(mark_to, "p1")
    await told.store.write(mark_board, ada.id, await told.value("SELECT id FROM board WHERE key='b'"), 2)
    await move_thread(told, "c")
    board = await told.value("SELECT id FROM board WHERE key='c'")
    await told.arrive(op("q0"), key="u")
    assert await ada.unread() == ["p2", "p3"]
    await told.store.write(mark_board, ada.id, board, 2)
    assert await ada.unread() == ["p2", "p3"]
    await ada.mark_board()
    assert (await ada.unread(), await ada.unread("u")) == (["p2", "p3"], [])


async def test_a_move_touches_no_reader_s_row(told, ada):
    await ada.mark_board()
    before = await told.rows("SELECT * FROM board_mark")
    await move_thread(told, "c")
    assert (await told.rows("SELECT * FROM board_mark"), await ada.marks(), await ada.unread()) == (before, [], [])


async def test_that_another_list_shows_a_thread_moves_nothing(told, ada):
    """It has one home, and any number of lists: else it would come and go with every reading."""
    await ada.mark_board()
    everything = Board(BoardKey("all"), "All threads")
    await told.store.write(ensure_thread, told.forum, Thread(HISTORY, "A thread"), False, everything)
    assert await told.value("SELECT board FROM thread WHERE key='t'") == told.board
    assert await told.rows("SELECT * FROM moved") == []


# ---------------------------------------------------------------------------------------------------------- who is who


async def test_a_chat_login_is_a_person_at_first_use_and_the_same_ever_after(told, ada):
    assert (await Reader(told).meet()).id == ada.id
    assert await told.store.read(person_of, "web", "ada") == ada.id
    assert await told.store.read(person_of, "matrix", "ada") is None


async def test_a_person_goes_by_the_last_name(told, ada):
    await told.store.write(ensure_person, "web", "ada", "Ada L.", BEGINNING)
    assert [each.name for each in await told.store.read(identities, ada.id)] == ["Ada L."]


async def test_two_who_are_one_have_read_what_either_had(told, ada):
    brook = await Reader(told, "brook").meet()
    await ada.act(mark_to, "p1")
    await brook.act(mark_posts, "p3")
    await told.store.write(join, ada.id, brook.id)
    assert await ada.unread() == ["p2"]
    assert (await Reader(told, "brook").meet()).id == ada.id
    for table in ("board_mark", "thread_mark", "post_mark"):
        assert await told.value(f"SELECT count(*) FROM {table} WHERE person=$1", brook.id) == 0


async def test_a_join_forgets_no_mark_unread_of_what_nobody_else_read(told, ada):
    brook = await Reader(told, "brook").meet()
    await ada.mark_board()
    await ada.act(mark_unread, "p1")
    await brook.act(mark_to, "p1")
    await told.store.write(join, ada.id, brook.id)
    assert await ada.unread() == ["p2", "p3"]


async def test_who_is_unlinked_has_read_what_both_had_and_goes_on_alone(told, ada):
    brook = await Reader(told, "brook").meet()
    await ada.act(mark_to, "p1")
    await told.store.write(join, ada.id, brook.id)
    brook.id = await told.store.write(unlink, "web", "brook", BEGINNING)
    assert brook.id != ada.id
    await ada.mark()
    assert (await ada.unread(), await brook.unread()) == ([], ["p2", "p3"])


async def test_who_is_alone_stays_who_they_are(told, ada):
    assert await told.store.write(unlink, "web", "ada", BEGINNING) == ada.id
    await told.store.write(join, ada.id, ada.id)
    assert [each.user for each in await told.store.read(identities, ada.id)] == ["ada"]


# ------------------------------------------------------------------------------------------------------------- views


async def test_the_newest_are_the_same_for_everybody_read_or_not(told, ada):
    await ada.mark()
    ids = await told.store.read(newest, await ada.thread(), 2)
    assert ids == [await ada.post("p3"), await ada.post("p2")]


async def test_what_was_back_filled_last_is_not_the_newest(told, ada):
    """Old posts come in any order; they fill up from the forum's own last one."""
    await resurface(told, post("old1", position=-2))
    await resurface(told, post("old2", position=-1))
    await resurface(told, post("old0", position=-3))
    ids = await told.store.read(newest, await ada.thread(), 6)
    assert ids == [await ada.post(key) for key in ("p3", "p2", "p1", "p0", "old2", "old1")]


async def test_a_forum_is_told_no_more_than_what_is_read_without_a_gap(ada):
    await ada.act(mark_to, "p1")
    await ada.act(mark_posts, "p3")
    assert await ada.house.store.read(read_through, ada.id, await ada.thread()) == "p1"


async def test_an_outline_is_drawn_from_what_is_stored(told, ada):
    await told.read_thread(op(), post("p1"), post("p2"), post("p3"), answer("p4", "p1"))
    await ada.mark(seq=4)
    thread = await ada.thread()
    new = {each.id for each in await told.store.read(unread_posts, ada.id, thread)}
    lines = outline(await told.store.read(rows_of, thread), new)
    keys = {await ada.post(f"p{n}"): f"p{n}" for n in range(5)}
    assert [(keys[line.row.post], line.depth, line.new) for line in lines] == [
        ("p0", 0, False),
        ("p1", 1, False),
        ("p4", 2, True),
        ("p2", 1, False),
        ("p3", 1, False),
    ]
