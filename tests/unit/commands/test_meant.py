"""What the words of a command mean: what is seen, in every way in which it can be named, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from bot.commands.naming import meant
from bot.commands.reader import reader
from bot.errors import NotFound
from bot.model import Caller, ChannelRef, ChatName, ThreadRef, UserId, Where
from bot.store import run

WORKSHOP = Where(ChannelRef("workshop"))
LOBBY = Where(ChannelRef("lobby"))


@pytest.fixture
async def rae(here) -> Caller:
    """Somebody who reads where the whole first board is mirrored; a thread of two posts stands there."""
    await here.did("add", "sandbox:b1", "--into", "web:workshop")
    await here.settle()
    await here.board.post(here.thread, "", "Ben", "", "A reply")
    await here.settle()
    [[community]] = await here.rows("SELECT community FROM mirror")
    return Caller(ChatName("web"), community, "Rae", where=WORKSHOP, id=UserId("rae"))


async def named(here, caller: Caller, words: str):
    """What is meant: the boards, the thread, the post's number, whether everything."""
    found = await meant(here.app, caller, await reader(here.app, caller), words)
    number = None
    if found.post is not None:
        [[op, number]] = await here.rows("SELECT op, number FROM post WHERE id=$1", found.post)
        number = "op" if op else number
    thread = found.thread.title if found.thread is not None else None
    return [board.name for board in found.boards], thread, number, found.everything


async def in_thread(here, caller: Caller) -> Caller:
    [[ref]] = await here.rows("SELECT thread_ref FROM place WHERE thread IS NOT NULL AND thread_ref IS NOT NULL")
    return msgspec.structs.replace(caller, where=Where(ChannelRef("workshop"), ThreadRef(ref)))


async def test_nothing_means_what_stands_where_it_is_said(here, rae):
    [[board]] = await here.rows("SELECT name FROM board WHERE key='b1'")
    assert await named(here, rae, "") == ([board], None, None, False)
    assert await named(here, await in_thread(here, rae), " ") == ([], "Talk", None, False)
    with pytest.raises(NotFound, match="`all`"):
        await named(here, msgspec.structs.replace(rae, where=LOBBY), "")
    with pytest.raises(NotFound, match="`all`"):
        await named(here, msgspec.structs.replace(rae, where=None), "")


async def test_a_channel_of_one_thread_is_about_it(here):
    await here.mirror()
    [[community]] = await here.rows("SELECT community FROM mirror")
    caller = Caller(ChatName("web"), community, "Rae", where=WORKSHOP, id=UserId("rae"))
    assert (await named(here, caller, ""))[1] == "Talk"


async def test_all_means_everything_that_is_seen(here, rae):
    assert await named(here, rae, "all") == ([], None, None, True)


async def test_numbers_are_those_of_the_thread_that_stands_there(here, rae):
    inside = await in_thread(here, rae)
    assert await named(here, inside, "#1") == await named(here, inside, "1") == ([], "Talk", 1, False)
    assert await named(here, inside, "OP") == ([], "Talk", "op", False)
    with pytest.raises(NotFound, match="#99"):
        await named(here, inside, "#99")
    with pytest.raises(NotFound, match="#1"):
        await named(here, rae, "#1")


async def test_addresses_and_messages_name_what_they_lead_to(here, rae):
    rows = await here.rows("SELECT t.link, p.link FROM post p JOIN thread t ON t.id=p.thread WHERE p.number=1")
    [[thread, post]] = rows
    assert await named(here, rae, post) == ([], "Talk", 1, False)
    assert (await named(here, rae, thread))[1] == "Talk"
    [[board, link]] = await here.rows("SELECT name, link FROM board WHERE key='b1'")
    assert (await named(here, rae, link))[0] == [board]
    [message] = [row[0] for row in await here.rows("SELECT message FROM copy_message LIMIT 1")] or [""]
    assert (await named(here, rae, message))[1] == "Talk"


async def test_words_of_a_boards_name_mean_it_unless_several_have_them(here, rae):
    [[name]] = await here.rows("SELECT name FROM board WHERE key='b1'")
    assert (await named(here, rae, name.upper()))[0] == [name]
    assert (await named(here, rae, name[:4]))[0] == [name]
    await here.did("add", "sandbox:b2", "--into", "web:workshop")
    await here.app.store.write(run, "UPDATE board SET name='Twin ' || key")
    with pytest.raises(NotFound, match="Twin b1, Twin b2"):
        await named(here, rae, "twin")
    assert (await named(here, rae, "twin b2"))[0] == ["Twin b2"]


async def test_what_offers_say_is_held_against_what_is_seen(here, rae):
    """They may be pressed long after; numbers can be typed by anybody."""
    [[board, thread, post]] = await here.rows(
        "SELECT t.board, t.id, p.id FROM post p JOIN thread t ON t.id=p.thread WHERE p.number=1"
    )
    offers = [f"board:{board}", f"thread:{thread}", f"post:{post}"]
    assert [(await named(here, rae, words))[1:3] for words in offers] == [(None, None), ("Talk", None), ("Talk", 1)]
    for words in ("board:99", "thread:99", "post:99", "post:99999999999999"):
        with pytest.raises(NotFound, match="not mirrored"):
            await named(here, rae, words)
    other = await here.community("other")
    stranger = msgspec.structs.replace(rae, community=other.community, id=UserId("sid"))
    for words in (*offers, "all words", "Talk"):
        with pytest.raises(NotFound):
            await named(here, stranger, words)
    await here.app.store.write(run, "UPDATE mirror SET state='removed'")
    for words in offers:
        with pytest.raises(NotFound):
            await named(here, rae, words)


async def test_what_nothing_is_called_says_how_things_are_named(here, rae):
    for words in ("no such thing", "https://nowhere.example/t/1", "board:", "thread:x", "#", "¶"):
        with pytest.raises(NotFound, match="address"):
            await named(here, rae, words)
