"""It is a reader's own word whether it is kept how far they read; and of chats that never tell, nothing is promised."""

from __future__ import annotations

import msgspec
import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.model import Answer, Batch, Caller, ChannelRef, ChatName, ChatPerson, MessageId, Receipt, UserId, Where
from bot.store.inbox import receive


@pytest.fixture
async def rae(here) -> Caller:
    """Somebody who may read and no more."""
    admin = await here.community()
    return Caller(ChatName("web"), admin.community, "Rae", id=UserId("rae"))


@pytest.fixture
def telling(here):
    """The chat, as one that tells how far people have read."""
    here.chat.caps = msgspec.structs.replace(here.chat.caps, receipts=True)
    return here


async def receipts(here, caller: Caller, *words: str) -> Answer:
    return await carry_out(here.app, caller, "forum", ["receipts", *words])


async def kept(here) -> list[tuple[object, ...]]:
    return await here.rows("SELECT user_id, name, receipts FROM identity")


async def test_nothing_is_kept_before_a_reader_asks_for_it(telling, rae):
    answer = await receipts(telling, rae)
    assert (answer.ok, answer.data) == (True, {"receipts": False, "places": 0})
    assert "not kept" in answer.text
    assert await kept(telling) == []


async def test_a_reader_lets_it_be_kept_and_looks_and_ends_it(telling, rae):
    """Told in words, and as data."""
    await telling.mirror()
    on = await receipts(telling, rae, "on")
    assert (on.ok, on.data) == (True, {"receipts": True, "places": 0})
    assert await kept(telling) == [("rae", "Rae", 1)]
    read = Receipt("r", Where(ChannelRef("workshop")), MessageId("m1"), ChatPerson(UserId("rae"), "Rae"), 1000)
    await telling.app.store.write(receive, "web", Batch((read,), "1"), telling.clock.now())
    look = await receipts(telling, rae)
    assert look.data == {"receipts": True, "places": 1}
    assert "1 place" in look.text
    assert (await receipts(telling, rae, "on")).data == look.data, "asking again changes nothing"
    off = await receipts(telling, rae, "off")
    assert (off.ok, off.data) == (True, {"receipts": False, "places": 0})
    assert await telling.rows("SELECT * FROM receipt") == []
    assert (await receipts(telling, rae)).data == off.data


async def test_a_chat_that_never_tells_how_far_people_read_says_so(here, rae):
    """A promise that cannot be kept would be taken for one that is."""
    here.chat.caps = msgspec.structs.replace(here.chat.caps, receipts=False)
    for words in ((), ("on",)):
        answer = await receipts(here, rae, *words)
        assert answer.text.startswith("web tells nobody how far you read")
        assert answer.data == {"receipts": False, "places": 0}
    assert not answer.ok
    assert await kept(here) == []


async def test_off_forgets_also_where_the_chat_does_not_tell_any_more(telling, rae):
    """An adapter may lose what it could; what it told is still there."""
    await receipts(telling, rae, "on")
    telling.chat.caps = msgspec.structs.replace(telling.chat.caps, receipts=False)
    assert (await receipts(telling, rae, "off")).ok
    assert await kept(telling) == [("rae", "Rae", 0)]


async def test_the_command_line_is_no_reader(here):
    """It has no login in a chat."""
    answer = await receipts(here, OPERATOR, "on")
    assert not answer.ok
    assert "say it in the chat" in answer.text


async def test_any_other_word_is_none(telling, rae):
    answer = await receipts(telling, rae, "maybe")
    assert not answer.ok
    assert "on, off" in answer.text
    assert await kept(telling) == []
