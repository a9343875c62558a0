"""What is older than readers look back is read for everybody, and no wrong clock makes it so."""

import pytest

from bot.model import DAY, HOUR, Board, BoardKey
from bot.store import run
from bot.store.forums import ensure_board
from bot.store.homes import leave_home
from bot.store.marks import mark_board, mark_thread, mark_unread, unread_in
from bot.store.persons import ensure_person
from bot.store.sight import Sight
from bot.store.tides import TRUSTED, forget_moves, forget_tides, note_tide, raise_floors
from bot.store.unread import unread_boards
from bot.testing.store_rig import BEGINNING, op, post

DAYS = 30


class Shore:
    """A mirrored board, and a program that tidies up once an hour."""

    def __init__(self, house):
        self.house = house

    async def tidy(self, hours=1):
        for _ in range(hours):
            self.house.now += HOUR
            await self.house.store.write(note_tide, self.house.now)
            await self.house.store.write(raise_floors, DAYS)

    async def newcomer(self, name):
        """Somebody who never read anything: how much is new to them, in all boards."""
        person = await self.house.store.write(ensure_person, "web", name, name, self.house.now)
        found = await self.house.store.read(unread_boards, person, Sight(self.house.community))
        return sum(board.posts for board in found)

    async def floor(self):
        return await self.house.value("SELECT floor_seq FROM board WHERE id=$1", self.house.board)


@pytest.fixture
async def shore(mirrored):
    return Shore(mirrored)


async def test_a_new_reader_begins_with_what_is_not_old_yet(shore):
    """Years of a forum would be new to them else, and no list would ever come to its end."""
    await shore.house.arrive(op("a0"), post("a1"), key="old")
    await shore.tidy(DAYS * 24)
    await shore.house.arrive(op("b0"), key="new")
    assert await shore.newcomer("ada") == 3
    await shore.tidy(TRUSTED + 2)
    assert await shore.newcomer("bea") == 1
    await shore.house.arrive(op("a0"), post("a1"), post("a2"), key="old")
    assert await shore.newcomer("cid") == 2, "what comes is new wherever it stands"


async def test_who_marked_something_unread_finds_it_read_when_it_is_old(shore):
    """A floor is for everybody: it bounds what anybody has to look through."""
    await shore.house.arrive(op("a0"))
    ada = await shore.house.store.write(ensure_person, "web", "ada", "Ada", BEGINNING)
    await shore.house.store.write(mark_board, ada, shore.house.board, 1)
    await shore.house.store.write(mark_unread, ada, 1)
    assert await shore.house.store.read(unread_in, ada, 1) == 1
    await shore.tidy(DAYS * 24 + TRUSTED + 2)
    assert await shore.house.store.read(unread_in, ada, 1) == 0


async def test_a_clock_that_is_ahead_for_less_than_a_day_of_running_raises_nothing(shore):
    """Nothing could take it back: everything would be read, for everybody, for good."""
    await shore.tidy(TRUSTED + 5)
    await shore.house.arrive(op("a0"))
    await shore.tidy(1)
    shore.house.now += 400 * DAY
    await shore.tidy(TRUSTED - 1)
    assert await shore.floor() == 0
    shore.house.now -= 400 * DAY
    await shore.tidy(TRUSTED + 5)
    assert await shore.floor() == 0
    assert await shore.newcomer("ada") == 1


async def test_a_program_that_is_started_over_and_over_does_not_let_time_be_believed(shore):
    await shore.tidy(TRUSTED + 5)
    await shore.house.arrive(op("a0"))
    await shore.tidy(1)
    shore.house.now += 400 * DAY
    for _ in range(TRUSTED * 2):
        shore.house.now += 1000
        await shore.house.store.write(note_tide, shore.house.now)
        await shore.house.store.write(raise_floors, DAYS)
    assert await shore.floor() == 0


async def test_what_is_noted_is_bounded(shore):
    await shore.tidy((DAYS + 20) * 24)
    assert await shore.house.value("SELECT count(*) FROM tide") <= (DAYS + 1) * 24 + 3
    await shore.house.store.write(forget_tides)
    assert await shore.house.value("SELECT count(*) FROM tide") == 0


# ---------------------------------------------------------------------------------------------------- threads that move


async def move(house, key="t"):
    """Let a thread be at home in another board from now on."""
    other = await house.store.write(ensure_board, house.forum, Board(BoardKey("other"), "Other"))
    [[thread, home]] = await house.rows("SELECT id, board FROM thread WHERE key=$1", key)
    await house.store.write(run, "UPDATE thread SET board=$2 WHERE id=$1", thread, other)
    await house.store.write(leave_home, thread, home)
    return thread


async def kept_moves(house):
    """How many moves are left of those that tell somebody something."""
    assert await house.store.write(forget_moves) is None
    return await house.value("SELECT count(*) FROM moved")


async def test_a_move_is_kept_as_long_as_somebodys_marks_do_not_know_of_it(shore):
    """Their marks are still those of the board that the thread left."""
    house = shore.house
    await house.arrive(op("a0"), post("a1"))
    ada = await house.store.write(ensure_person, "web", "ada", "Ada", BEGINNING)
    await house.store.write(mark_board, ada, house.board, 2)
    thread = await move(house)
    assert await kept_moves(house) == 1
    assert await house.store.read(unread_in, ada, thread) == 0
    await house.store.write(mark_thread, ada, thread, 2)
    assert await kept_moves(house) == 0
    assert await house.store.read(unread_in, ada, thread) == 0


async def test_a_move_is_forgotten_when_everything_in_the_thread_is_old(shore):
    """Somebody who never comes back would keep every move for ever."""
    house = shore.house
    await house.arrive(op("a0"), post("a1"))
    ada = await house.store.write(ensure_person, "web", "ada", "Ada", BEGINNING)
    await house.store.write(mark_board, ada, house.board, 2)
    thread = await move(house)
    await shore.tidy(DAYS * 24 + TRUSTED + 2)
    assert await kept_moves(house) == 0
    assert await house.store.read(unread_in, ada, thread) == 0
    await house.arrive(op("a0"), post("a1"), post("a2"))
    assert await house.store.read(unread_in, ada, thread) == 1


async def test_a_move_is_forgotten_at_once_where_nobody_reads(shore):
    await shore.house.arrive(op("a0"))
    await move(shore.house)
    assert await kept_moves(shore.house) == 0, "whoever comes knows all moves"
