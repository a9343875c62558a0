"""How far somebody has read is told by their page: to the listener, and to no journal."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser

from adapters.chats.web import JOURNAL, readers
from bot.model import Card, CardKind, ChannelRef, MessageId, Offer, Receipt, ThreadRef, UserId, Where

LOUNGE = Where(ChannelRef("lounge"))


@pytest.fixture
async def root(chat) -> MessageId:
    """An opening post, and what two people said below it: m1, m3, m4."""
    shown = Card(CardKind.POST, author="pscot", badge="OP", number="OP", title="China moves")
    message = await chat.send(LOUNGE, chat.render(shown)[0], "k1")
    await chat.open_thread(LOUNGE, message, "China moves", "k2")
    for name in ("Ann", "Ben"):
        await chat.room.say("lounge", message, name, "hello")
    return MessageId(message)


async def told(browser: aiohttp.ClientSession, path: str, message: str, status: int = 204) -> None:
    answer = await browser.post(path, data={"message": message}, headers={"X-Threadline": "live"})
    assert answer.status == status


def asked(page: LexborHTMLParser) -> str | None:
    """Where a page tells how far it was read."""
    [place] = page.css("[data-live]")
    return place.attributes.get("data-read")


async def heard(chat: Any) -> list[tuple[str, str, str]]:
    """Who has read which place up to what, since that was asked last."""
    position = str((await chat.room.state()).position)
    batch = await anext(chat.events(position))
    assert batch.cursor == position
    read = [event for event in batch.events if isinstance(event, Receipt)]
    assert len(read) == len(batch.events)
    assert not any(event.everywhere for event in read)
    return [(event.person.id, event.where.thread, event.message) for event in read]


async def test_a_page_tells_how_far_its_reader_has_read(chat, browse, root, clock):
    """In the place that it shows; the opening post stands at the top of its chat thread."""
    ann = await browse("Ann")
    await told(ann, f"/chat/read/lounge/{root}", "m3")
    assert await heard(chat) == [("Ann", root, "m3")]
    await told(ann, "/chat/read/lounge", root)
    await told(ann, f"/chat/read/lounge/{root}", root)
    assert await heard(chat) == [("Ann", "", root), ("Ann", root, root)]


async def test_of_what_is_told_between_two_looks_the_furthest_counts(chat, browse, root):
    """Requests overtake each other, and two windows of one person are two places in a thread."""
    ann, ben = await browse("Ann"), await browse("Ben")
    for message in ("m3", "m4", "m3"):
        await told(ann, f"/chat/read/lounge/{root}", message)
    await told(ben, f"/chat/read/lounge/{root}", "m3")
    assert await heard(chat) == [("Ann", root, "m4"), ("Ben", root, "m3")]


async def test_what_stands_elsewhere_or_nowhere_is_not_read_there(chat, browse, root):
    """Nor where it was never said."""
    ann = await browse("Ann")
    for path, message in (
        ("/chat/read/lounge", "m3"),
        (f"/chat/read/lounge/{root}", "m99"),
        ("/chat/read/kitchen", root),
        ("/chat/read/lounge/m3", "m4"),
        ("/chat/read/lounge", ""),
    ):
        await told(ann, path, message, 404)
    await chat.room.say("lounge", "", "Ben", "said last")
    position = (await chat.room.state()).position
    assert [type(event).__name__ for event in (await anext(chat.events(str(position - 1)))).events] == ["Said"]


async def test_nobody_without_a_name_has_read(chat, browse, root):
    """Their page does not even ask."""
    nobody, ann = await browse(), await browse("Ann")
    await told(nobody, "/chat/read/lounge", root, 403)
    for browser, asks in ((nobody, None), (ann, f"/chat/read/lounge/{root}")):
        page = LexborHTMLParser(await (await browser.get(f"/chat/c/lounge/{root}")).text())
        assert asked(page) == asks
    page = LexborHTMLParser(await (await ann.get("/chat/c/lounge")).text())
    assert asked(page) == "/chat/read/lounge"


async def test_how_far_people_read_stands_in_no_journal(chat, browse, root, tmp_path, reopened):
    """It is nobody's business: what was not heard is forgotten with the program."""
    before = (tmp_path / JOURNAL).read_bytes()
    await told(await browse("Ann"), f"/chat/read/lounge/{root}", "m3")
    assert (tmp_path / JOURNAL).read_bytes() == before
    again = await reopened()
    await again.room.say("lounge", "", "Ben", "said last")
    position = (await again.room.state()).position
    assert [type(event).__name__ for event in (await anext(again.events(str(position - 1)))).events] == ["Said"]


async def test_where_nobody_listens_only_so_many_wait(chat, root, monkeypatch: pytest.MonkeyPatch):
    """Every size has a bound (law 10)."""
    monkeypatch.setattr(readers, "MOST", 3)
    for name in ("Ann", "Ben", "Cy", "Dee"):
        await chat.room.read("lounge", root, name, "m3")
    assert [who for who, *_ in await heard(chat)] == ["Ben", "Cy", "Dee"]


async def test_whoever_has_read_is_the_person_who_speaks(chat, root):
    """Marks are of one person, whatever they do."""
    await chat.room.read("lounge", root, "Ann", "m3")
    [event] = (await anext(chat.events(str((await chat.room.state()).position)))).events
    assert isinstance(event, Receipt)
    assert (event.person.id, event.where) == (UserId("Ann"), Where(LOUNGE.channel, ThreadRef(root)))


async def test_what_is_offered_below_a_post_is_a_button_for_whoever_has_a_name(chat, browse):
    """Who has none reads no line about it below every thread."""
    read = Offer("Read to here", "forum", ("markread", "stands:7"))
    shown = Card(CardKind.POST, title="T", opener=True, offers=(read,))
    await chat.send(LOUNGE, chat.render(shown)[0], "k1")
    page = LexborHTMLParser(await (await (await browse("Ann")).get("/chat/c/lounge")).text())
    [button] = page.css("#m1 form.offers button")
    assert (button.attributes["value"], button.text()) == ("/forum markread stands:7", "Read to here")
    assert "Read to here" not in await (await (await browse()).get("/chat/c/lounge")).text()
