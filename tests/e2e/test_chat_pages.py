"""What the chat's script adds, seen in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from adapters.chats.web import adapter
from adapters.chats.web.chat import WebChat
from bot.model import Card, CardKind, ChannelRef, ChatName, MessageId, Reaction, Receipt, Where
from bot.testing.clock import FakeClock
from bot.testing.context import context
from bot.web.pages import TemplatePages
from tests.e2e.conftest import Serve, Window

LOUNGE = Where(ChannelRef("lounge"))
AT_BOTTOM = "innerHeight + scrollY >= document.documentElement.scrollHeight - 80"

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def chat(tmp_path: Path) -> AsyncIterator[WebChat]:
    clock = FakeClock()
    given = context(tmp_path, "web", now=clock.now, pages=TemplatePages("adapters.chats.web", now=clock.now))
    chat = adapter.open(ChatName("web"), adapter.settings(), given)
    yield chat
    await chat.close()
    await given.net.close()


@pytest_asyncio.fixture(loop_scope="session")
async def enter(chat: WebChat, serve: Serve, window: Window) -> Callable[..., Awaitable[Page]]:
    """Opens the lounge in a window of its own, as somebody."""
    address = await serve(chat)

    async def entered(name: str, path: str = "/chat/c/lounge", **options: object) -> Page:
        return await window(address, path, name, **options)

    return entered


async def test_half_typed_text_outlives_updates_and_reloads(chat, enter):
    """What somebody is typing is worth more than any update."""
    page = await enter("Ann")
    await page.fill("#text", "half a thou")
    await chat.room.say("lounge", "", "Bob", "an interruption")
    await expect(page.locator("article.new")).to_contain_text("an interruption")
    await expect(page.locator("article.new .new-word")).to_have_text("new")
    assert await page.input_value("#text") == "half a thou"
    await page.reload()
    assert await page.input_value("#text") == "half a thou"


async def test_a_sent_text_appears_by_itself_and_leaves_the_form(chat, enter):
    """Sending does not load the page anew."""
    page = await enter("Ann")
    await page.evaluate("window.same = true")
    await page.fill("#text", "hello *all*")
    await page.press("#text", "Control+Enter")
    await expect(page.locator("article.own")).to_contain_text("hello all")
    await expect(page.locator("#text")).to_have_value("")
    assert await page.evaluate("window.same")
    assert await page.locator("#empty").count() == 0


async def test_a_refused_text_stays_in_the_form(enter):
    """A refusal says why, and keeps the work."""
    page = await enter("Ann")
    await page.fill("#text", "x" * 8001)
    await page.click("text=Send")
    await expect(page.locator("[data-problem]")).to_contain_text("8,001 characters")
    assert len(await page.input_value("#text")) == 8001


async def test_a_message_that_is_being_changed_is_left_alone(chat, enter):
    """The sign that it was posted may come while its author corrects it."""
    message = MessageId(await chat.room.say("lounge", "", "Ann", "helo"))
    page = await enter("Ann")
    await page.click("text=Edit")
    await page.fill("#edit-text", "hello, corrected")
    await chat.react(LOUNGE, message, Reaction.POSTED)
    await chat.room.say("lounge", "", "Bob", "meanwhile")
    await expect(page.locator("article.new")).to_contain_text("meanwhile")
    assert await page.input_value("#edit-text") == "hello, corrected"
    await page.click("text=Save")
    await expect(page.locator(f"#{message} .body")).to_have_text("hello, corrected")


async def test_only_a_reader_at_the_bottom_is_taken_along(chat, enter):
    """A page that moves under a reader's eyes loses the reader."""
    for number in range(40):
        await chat.room.say("lounge", "", "Bob", f"line {number}")
    page = await enter("Ann")
    await chat.room.say("lounge", "", "Bob", "followed")
    await expect(page.locator("article", has_text="followed")).to_be_in_viewport()
    await page.wait_for_function(AT_BOTTOM)
    await page.evaluate("scrollTo({ top: 50, behavior: 'instant' })")
    await chat.room.say("lounge", "", "Bob", "unseen")
    await expect(page.locator("article", has_text="unseen")).to_have_count(1)
    assert await page.evaluate("scrollY") == 50
    await expect(page.locator("#below")).to_be_visible()


async def test_an_open_menu_and_the_focus_survive_an_update(chat, enter):
    """Who chooses a reaction by keyboard must not be thrown out by somebody else's."""
    message = await chat.room.say("lounge", "", "Bob", "hello")
    page = await enter("Ann")
    await page.click(f"#{message} summary")
    await page.focus(f"#{message} details button >> nth=1")
    await chat.room.edit(message, "Bob", "hello all")
    await expect(page.locator(f"#{message} .body")).to_have_text("hello all")
    assert "follow" in await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#{message} .reaction.mine").first).to_have_text("🔖 1")


async def test_an_answer_arrives_where_only_its_asker_looks(chat, enter):
    """The private pane is live, too."""
    ann, bob = await enter("Ann"), await enter("Bob")
    await ann.fill("#text", "/forum unread")
    await ann.press("#text", "Control+Enter")
    await expect(ann.locator("#private")).to_contain_text("Waiting for the answer")
    command = (await anext(chat.events(""))).events[0]
    await chat.tell(command.where, command.person.id, "3 new", "a1")
    await expect(ann.locator("#private")).to_contain_text("3 new")
    await expect(bob.locator("#private")).to_be_hidden()


async def test_a_reply_is_chosen_in_place_and_by_keyboard(chat, enter):
    """r on a message answers it; the letters typed after it are text."""
    message = await chat.room.say("lounge", "", "Bob", "hello")
    page = await enter("Ann")
    for key in ("j", "r"):
        await page.keyboard.press(key)
    await expect(page.locator(".replying")).to_contain_text("In reply to Bob")
    await page.keyboard.type("jr?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("article.own .quoted")).to_contain_text("Bob: hello")
    assert (await chat.room.state()).messages["m2"].reply_to == message


async def test_nothing_overflows_on_a_phone(chat, enter):
    """A thread must be readable at 390 pixels."""
    words = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    card = Card(CardKind.POST, author=words[:60], badge="OP", title=words, note=words, path=(words, words))
    await chat.open_thread(LOUNGE, await chat.send(LOUNGE, chat.render(card)[0], "k1"), words, "t")
    await chat.room.say("lounge", "m1", "Ann", f"{words}\n\n```\n{words}\n```\n\n> {words}", reply_to="m1")
    for path in ("/chat/", "/chat/c/lounge", "/chat/c/lounge/m1"):
        page = await enter("Ann", path, viewport={"width": 390, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_what_was_in_sight_for_a_while_is_told_as_read(chat, enter):
    """To its end, as far down as somebody came; and of who has no name nothing is told."""
    for number in range(40):
        await chat.room.say("lounge", "", "Bob", f"words {number}\n\nand more\n\nand more")
    page = await enter("Ann", "/chat/c/lounge?before=m99")
    events = chat.events(str((await chat.room.state()).position))
    await page.evaluate("scrollTo(0, 0)")

    async def furthest() -> tuple[str, int]:
        [read] = (await anext(events)).events
        assert isinstance(read, Receipt)
        return read.person.name, int(read.message[1:])

    name, first = await furthest()
    assert (name, first < 35) == ("Ann", True)
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = first
    while last < 40:
        name, now = await furthest()
        assert now > last
        last = now
    assert name == "Ann"
