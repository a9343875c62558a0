"""`/mirror add` in a chat: what a mirror would be is shown first, and nothing is made before somebody says so."""

from __future__ import annotations

import msgspec
import pytest

from bot.commands.looking import Seen
from bot.mirroring import Layout
from bot.model import HOUR, ChannelRef, Target, TargetKind, Where
from tests.unit.commands.conftest import Here

ROOM = Where(ChannelRef("workshop"))


@pytest.fixture
async def admin(here: Here):
    """An admin who gives commands in the channel."""
    return msgspec.structs.replace(await here.community(), where=ROOM)


def offered(answer):
    """What can be pressed, as commands."""
    return [offer.line for offer in answer.offers]


async def mirrors(here):
    """The mirrors that there are."""
    return await here.rows("SELECT layout, newest FROM mirror WHERE state<>'removed' ORDER BY id")


async def test_what_is_shown_is_what_it_is_how_soon_it_comes_and_what_it_looks_like(here, admin):
    for n in range(4):
        await here.board.post(here.thread, "", "Bo", "", f"answer {n}")
    answer = await here.did("add", "sandbox:b1", caller=admin)
    for words in ("a board of sandbox", "It goes into web:workshop", "within seconds", "Layout: threads"):
        assert words in answer.text, words
    assert [f"answer {n}" in answer.text for n in range(4)] == [False, True, True, True]
    assert "has no channel for notices" in answer.text
    assert await mirrors(here) == []


async def test_a_press_begins_it_as_it_was_shown(here, admin):
    shown = await here.did("add", "sandbox:b1", caller=admin)
    start = shown.offers[0]
    answer = await here.did(*start.words, caller=admin)
    assert offered(answer) == ["mirror undo 1"]
    assert await mirrors(here) == [("threads", 1)]
    await here.settle()
    assert "Talk" in str(await here.rows("SELECT label FROM place"))


async def test_another_layout_and_more_of_what_was_there_are_a_press_away(here, admin):
    shown = await here.did("add", "sandbox:b1", caller=admin)
    number = shown.data["proposal"]
    assert offered(shown) == [
        f"mirror start {number}",
        f"mirror start {number} --layout cards",
        f"mirror start {number} --layout stream",
        f"mirror start {number} --backfill none",
        f"mirror start {number} --backfill 10",
        f"mirror start {number} --backfill all",
        "mirror notices",
    ]
    await here.did("start", str(number), "--layout", "cards", "--backfill", "10", caller=admin)
    assert await mirrors(here) == [("cards", 10)]


async def test_what_was_asked_for_with_the_address_is_kept(here, admin):
    shown = await here.did("add", "sandbox:b1", "--layout", "stream", "--not-words", "spam", caller=admin)
    await here.did(*shown.offers[0].words, caller=admin)
    [[layout, options]] = await here.rows("SELECT layout, options FROM mirror")
    assert (layout, "spam" in options) == ("stream", True)


async def test_after_an_hour_it_has_to_be_shown_again(here, admin):
    shown = await here.did("add", "sandbox:b1", caller=admin)
    here.clock.advance(HOUR + 1)
    assert "say `add ADDRESS` again" in (await here.failed(*shown.offers[0].words, caller=admin)).text
    assert await mirrors(here) == []


async def test_nobody_else_begins_what_was_shown_to_a_community(here, admin):
    """To another one it is as if there were nothing of that number."""
    shown = await here.did("add", "sandbox:b1", caller=admin)
    other = await here.community("other")
    theirs = await here.failed(*shown.offers[0].words, caller=other)
    nobodys = await here.failed("start", "99", caller=other)
    assert theirs.text.replace(str(shown.data["proposal"]), "99") == nobodys.text
    assert await mirrors(here) == []


async def test_who_knows_what_they_want_says_so(here, admin):
    await here.did("add", "sandbox:b1", "--start", "yes", "--backfill", "none", caller=admin)
    assert await mirrors(here) == [("threads", 0)]


async def test_the_command_line_and_the_settings_begin_at_once(here):
    await here.did("add", "sandbox:b1", "--into", "web:workshop")
    assert await mirrors(here) == [("threads", 1)]


@pytest.mark.parametrize(("backfill", "shown"), [("none", 0), ("1", 1), ("10", 4), ("all", 4)])
async def test_as_many_of_the_newest_threads_are_shown_as_are_asked_for(here, backfill, shown):
    """The oldest of them first, so that the channel reads as the board did."""
    for n in range(3):
        await here.board.start_thread("b1", "Ann", f"Thread {n}", "words")
    await here.did("add", "sandbox:b1", "--into", "web:workshop", "--backfill", backfill)
    await here.settle()
    titles = await here.rows(
        "SELECT t.title FROM copy c JOIN post p ON p.id=c.post JOIN thread t ON t.id=p.thread"
        " WHERE p.op=1 ORDER BY c.id"
    )
    assert [title for (title,) in titles] == ["Talk", "Thread 0", "Thread 1", "Thread 2"][4 - shown :]


async def test_a_board_that_is_read_already_is_shown_as_whole_as_a_new_one(here):
    for n in range(3):
        await here.board.start_thread("b1", "Ann", f"Thread {n}", "words")
    await here.did("add", "sandbox:b1", "--into", "web:workshop", "--backfill", "none")
    await here.settle()
    await here.did("add", "sandbox:b1", "--into", "web:annex", "--backfill", "10")
    await here.settle()
    assert await here.rows("SELECT count(*) FROM copy") == [(4,)]


async def test_a_thread_is_shown_whole_or_from_now_on(here):
    await here.board.post(here.thread, "", "Bo", "", "before")
    await here.did(
        "add", f"sandbox:{here.thread}", "--into", "web:workshop", "--backfill", "none", "--layout", "stream"
    )
    await here.settle()
    assert await here.rows("SELECT count(*) FROM copy") == [(0,)]
    await here.board.post(here.thread, "", "Bo", "", "after")
    here.clock.advance(24 * HOUR)
    await here.settle()
    shown = await here.rows("SELECT p.body FROM copy c JOIN post p ON p.id=c.post ORDER BY c.id")
    assert ("after",) in shown
    assert ("before",) not in shown
    refused = await here.failed("add", f"sandbox:{here.thread}", "--into", "web:annex", "--backfill", "10")
    assert "say `none` or `all`" in refused.text


async def test_undo_takes_away_what_was_posted(here, admin):
    shown = await here.did("add", "sandbox:b1", caller=admin)
    answer = await here.did(*shown.offers[0].words, caller=admin)
    await here.settle()
    assert await here.rows("SELECT count(*) FROM copy_message") == [(1,)]
    undone = await here.did(*answer.offers[0].words, caller=admin)
    assert "1 post that it showed goes too" in undone.text
    await here.settle()
    state = await here.room.state()
    assert [one for one in state.messages.values() if one.payload is not None and not one.deleted] == []


async def test_an_undo_that_comes_too_late_says_what_to_say_instead(here, admin):
    await here.did("add", "sandbox:b1", "--start", "yes", caller=admin)
    await here.settle()
    here.clock.advance(HOUR)
    assert "`remove 1` ends it" in (await here.failed("undo", "1", caller=admin)).text
    assert "goes too" in (await here.did("remove", "1", "--copies", "yes", caller=admin)).text


def proposed(busy: bool = False, flat: bool = False, kind: TargetKind = TargetKind.BOARD) -> Layout:
    """The layout that is proposed of what was seen."""
    return Seen(Target(kind, "b", "Board"), (), 0, 0, None, busy, flat, 0, False).layout


def test_the_layout_that_is_proposed_follows_what_comes():
    assert proposed() is Layout.THREADS
    assert proposed(busy=True) is Layout.CARDS
    assert proposed(flat=True) is Layout.STREAM
    assert proposed(flat=True, busy=True) is Layout.CARDS
    assert proposed(busy=True, kind=TargetKind.THREAD) is Layout.THREADS
