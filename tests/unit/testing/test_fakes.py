"""What tests of the core rely on in the fakes, beyond the contract."""

import asyncio

import msgspec
import pytest

from bot.clock import age
from bot.errors import OutcomeUnknown, Refused, Unreachable
from bot.model import Bookmark, Card, CardKind, Draft, MessageId, PostState, TargetKind, Where
from bot.testing.chats import ALL, FakeChat
from bot.testing.clock import NOON, FakeClock
from bot.testing.context import context
from bot.testing.faults import Fault
from bot.testing.forums import EVERYTHING, FakeForum
from bot.testing.log import RecordingLog

LOUNGE = Where("lounge")  # type: ignore[arg-type]
DAY = 24 * 3600 * 1000


def card(text: str) -> Card:
    return Card(CardKind.POST, author="ann", title=text)


async def test_a_clock_that_is_advanced_knows_an_age():
    """Both clocks moved."""
    clock = FakeClock()
    then = clock.moment()
    clock.advance(1500)
    assert (clock.now(), age(then, clock.moment())) == (NOON + 1500, 1500)
    with pytest.raises(ValueError, match="jump"):
        clock.advance(-1)


@pytest.mark.parametrize("move", [lambda c: c.jump(60_000), lambda c: c.jump(-1), lambda c: c.reboot(1000)])
async def test_a_clock_that_was_set_or_rebooted_knows_no_age(move):
    """What is recovered then is recovered without guessing."""
    clock = FakeClock()
    then = clock.moment()
    move(clock)
    assert age(then, clock.moment()) is None


async def test_a_fault_strikes_once_before_the_next_write():
    """A bare exception is the commonest fault; readings pass it by."""
    forum = FakeForum()
    thread = forum.start_thread("Talk", "words")
    forum.faults.append(Unreachable("down"))
    assert await forum.thread(thread, Bookmark()) is not None
    with pytest.raises(Unreachable, match="down"):
        await forum.submit(Draft(thread, "hello", "zoe"), "k-1")
    assert len(forum.shown(thread)) == 1
    await forum.submit(Draft(thread, "hello", "zoe"), "k-1")
    assert len(forum.shown(thread)) == 2


async def test_a_fault_afterwards_loses_only_the_answer():
    """Accepted, and the connection broke: the case that the whole outbox is built for."""
    chat = FakeChat()
    chat.faults.append(Fault(OutcomeUnknown("reset"), after=True))
    with pytest.raises(OutcomeUnknown):
        await chat.send(LOUNGE, chat.render(card("once"))[0], "k-1")
    assert [one.text for one in chat.shown(LOUNGE)] == ["once"]


async def test_a_fault_for_one_act_waits_for_it():
    """So that a test says exactly where it breaks."""
    chat = FakeChat()
    chat.faults.append(Fault(Refused("no threads today"), "open_thread"))
    message = await chat.send(LOUNGE, chat.render(card("root"))[0], "k-1")
    with pytest.raises(Refused):
        await chat.open_thread(LOUNGE, message, "A thread", "k-2")
    assert not chat.faults


async def test_a_fault_can_wait_and_change_the_world():
    """A send that is slow is overtaken by what a test does meanwhile."""
    chat, gate = FakeChat(), asyncio.Event()
    chat.faults.append(gate.wait)
    sending = asyncio.create_task(chat.send(LOUNGE, chat.render(card("slow"))[0], "k-1"))
    await asyncio.sleep(0)
    await chat.send(LOUNGE, chat.render(card("fast"))[0], "k-2")
    gate.set()
    await sending
    assert [one.text for one in chat.shown(LOUNGE)] == ["fast", "slow"]


async def test_a_key_is_honoured_inside_its_window_only():
    """Behind it the other side has forgotten, and a repeat shows twice."""
    clock = FakeClock()
    forum = FakeForum(msgspec.structs.replace(EVERYTHING, key_window=60.0), clock.now)
    chat = FakeChat(msgspec.structs.replace(ALL, key_window=60.0), now=clock.now)
    thread, payload = forum.start_thread("Talk", "words"), chat.render(card("again"))[0]
    for passed, shown in ((0, 1), (59_999, 1), (1, 2)):
        clock.advance(passed)
        await forum.submit(Draft(thread, "again", "zoe"), "k-1")
        await chat.send(LOUNGE, payload, "k-1")
        assert (len(forum.shown(thread)) - 1, len(chat.shown(LOUNGE))) == (shown, shown)


async def test_moderators_of_a_fake_forum_hide_reject_close_and_remove():
    """What mirrors must follow and authors must be told."""
    forum = FakeForum()
    thread = forum.start_thread("Talk", "words")
    post = forum.post(thread, "", "ben", "hello")
    forum.hide(post)
    page = await forum.thread(thread, Bookmark())
    assert page is not None
    assert page.posts[1].state is PostState.HIDDEN
    forum.moderated = True
    waiting = await forum.submit(Draft(thread, "let me in", "zoe"), "k-1")
    forum.reject(waiting.ticket)  # type: ignore[union-attr]
    with pytest.raises(Refused, match="moderator"):
        await forum.submit(Draft(thread, "let me in", "zoe"), "k-1")
    forum.close_thread(thread)
    with pytest.raises(Refused, match="closed"):
        await forum.submit(Draft(thread, "too late", "zoe"), "k-2")
    forum.remove_thread(thread)
    assert (await forum.listing(forum.board, Bookmark())).threads == ()  # type: ignore[union-attr]


async def test_hints_of_a_fake_forum_end_when_it_closes():
    """The poller's listener ends with the forum."""
    forum = FakeForum()
    hints = forum.hints()
    first = asyncio.ensure_future(anext(hints))
    await asyncio.sleep(0)
    thread = forum.start_thread("Talk", "words")
    assert (await first).kind is TargetKind.THREAD
    assert (await anext(hints)).key == forum.board
    await forum.close()
    assert [hint async for hint in hints] == []
    assert thread in forum.threads


async def test_whom_a_fake_chat_pings_is_noted():
    """So that a test of rendering can say that nobody was."""
    chat = FakeChat()
    payload = chat.render(card("hello @everyone"))[0]
    await chat.send(LOUNGE, payload, "k-1")
    assert chat.pings == []
    await chat.send(LOUNGE, {**payload, "silent": False}, "k-2")
    assert chat.pings == ["hello @everyone"]


async def test_a_moderator_of_a_fake_chat_removes_what_we_showed():
    """A copy that a person removed stays removed, and the core hears of it."""
    chat = FakeChat()
    message = await chat.send(LOUNGE, chat.render(card("a post"))[0], "k-1")
    chat.person("Root", admin=True).delete(message)
    assert chat.shown(LOUNGE) == []
    batch = await anext(chat.events(""))
    assert [event.message for event in batch.events] == [MessageId(message)]  # type: ignore[union-attr]


async def test_an_adapter_under_test_has_all_that_a_context_gives(tmp_path):
    """The real HTTP client, so that it is tested with what it will run with."""
    log = RecordingLog()
    made = context(tmp_path, "corkboard", log=log)
    made.log.warning("odd page", thread="t1")
    assert (made.name, made.folder, made.now()) == ("corkboard", tmp_path / "corkboard", NOON)
    assert (log.events("warning"), log.events("error")) == (["odd page"], [])
    assert "t1" in log.text()
    assert await made.work(sum, (1, 2)) == 3
    await made.net.close()
