"""For a file whose address has expired: what the post says now, and one more reading of it."""

from __future__ import annotations

import pytest

from bot.media.port import ShownIn
from bot.media.renewal import NOT_AGAIN, Renewal
from bot.model import ChannelRef, MessageId, ThreadRef, Where
from bot.store import open_store, run
from bot.testing.store_rig import StoreRig, op, post, text

OLD = "https://files.example/kite.png?Expires=1&amp;Signature=old"
NEW = "https://files.example/kite.png?Expires=9&amp;Signature=new"
ASKED = OLD.replace("&amp;", "&")


def picture(address):
    return text(f'<p>Look <img src="{address}" alt="a kite"></p>', "html")


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    rig = await StoreRig(store).furnish()
    await rig.mirror()
    await rig.read_list()
    await rig.arrive(op(body=picture(OLD)), post("p1", "words"))
    await rig.send()
    yield rig
    await store.close()


@pytest.fixture
def woken():
    return []


@pytest.fixture
def renewal(house, woken):
    return Renewal(house.store, lambda: house.now, woken.append)


async def message(house, key):
    rows = await house.rows(
        """SELECT l.channel, l.thread_ref, m.message FROM copy_message m JOIN place l ON l.id=m.place
             JOIN copy c ON c.id=m.copy JOIN post p ON p.id=c.post WHERE p.key=$1""",
        key,
    )
    channel, thread, name = rows[0]
    return ShownIn(Where(ChannelRef(channel), ThreadRef(thread)), MessageId(name))


async def test_the_address_that_a_post_has_now_is_found_by_its_message(house, renewal):
    shown = await message(house, "p0")
    assert await renewal.current("web", shown, ASKED) == ASKED
    await house.read_thread(op(body=picture(NEW)), post("p1", "words"))
    assert await renewal.current("web", shown, ASKED) == NEW.replace("&amp;", "&")


async def test_an_address_that_the_post_does_not_hold_is_not_answered(house, renewal):
    """Whoever asks for another file learns nothing."""
    shown = await message(house, "p0")
    assert await renewal.current("web", shown, "https://files.example/other.png?Expires=1&Signature=old") == ""
    assert await renewal.current("web", await message(house, "p1"), ASKED) == ""
    assert await renewal.current("other", shown, ASKED) == ""
    assert await renewal.current("web", ShownIn(shown.where, MessageId("m99")), ASKED) == ""


async def test_the_thread_of_a_message_becomes_due_and_is_read_whole(house, renewal, woken):
    """With its validators the forum would say that nothing changed."""
    await house.store.write(run, "UPDATE source SET etag='x', cursor='page 9' WHERE kind='thread'")
    assert await renewal.reread("web", await message(house, "p1"))
    rows = await house.rows("SELECT cursor, etag, next_at<=$1 FROM source WHERE kind='thread'", house.now)
    assert rows == [("", "", 1)]
    assert woken == ["forum"]


async def test_a_thread_is_read_again_once_in_a_while(house, renewal):
    """Its pages are looked at by many, and what is lost does not come back by reading."""
    shown = await message(house, "p0")
    assert [await renewal.reread("web", shown) for _ in range(3)] == [True, False, False]
    assert not await renewal.reread("web", await message(house, "p1"))
    house.now += NOT_AGAIN
    assert await renewal.reread("web", shown)


async def test_what_nothing_reads_any_more_stays_so(house, renewal, woken):
    """A saved page has no forum behind it."""
    await house.store.write(run, "UPDATE source SET next_at=NULL WHERE kind='thread'")
    assert not await renewal.reread("web", await message(house, "p0"))
    assert not await renewal.reread("web", ShownIn(Where(ChannelRef("lounge")), MessageId("m99")))
    assert woken == []


async def test_a_thread_that_comes_with_its_board_is_read_with_that(house, renewal, woken):
    """The posts of a feed stand in the feed alone."""
    leaf = house.page(op("q0", body=picture(OLD)), key="leaf", complete=False)
    await house.read_list(pages=(leaf,))
    await house.send()
    assert await renewal.reread("web", await message(house, "q0"))
    assert await house.value("SELECT next_at<=$1 FROM source WHERE kind='board'", house.now) == 1
    assert woken == ["forum"]
