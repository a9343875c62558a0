"""What the chat's script adds, seen in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import async_playwright, expect

from bot.model import Card, CardKind, ChannelRef, MessageId, Reaction, Where

CHROMIUM = shutil.which("chromium")
LOUNGE = Where(ChannelRef("lounge"))
AT_BOTTOM = "innerHeight + scrollY >= document.documentElement.scrollHeight - 80"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the path: apt-get install chromium"),
]


@pytest.fixture
async def window(browse) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Opens the lounge in a window of its own, as somebody."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        complaints: list[str] = []

        async def opened(name: str, path: str = "/chat/c/lounge", **options: Any) -> Any:
            address = str((await browse())._base_url).rstrip("/")
            context = await chromium.new_context(base_url=address, **options)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto("/chat/")
            await page.fill("#name", name)
            await page.click("text=Enter")
            await page.goto(path)
            return page

        yield opened
        await chromium.close()
        assert complaints == []


async def test_half_typed_text_outlives_updates_and_reloads(chat, window):
    """What somebody is typing is worth more than any update."""
    page = await window("Ann")
    await page.fill("#text", "half a thou")
    await chat.room.say("lounge", "", "Bob", "an interruption")
    await expect(page.locator("article.new")).to_contain_text("an interruption")
    await expect(page.locator("article.new .new-word")).to_have_text("new")
    assert await page.input_value("#text") == "half a thou"
    await page.reload()
    assert await page.input_value("#text") == "half a thou"


async def test_a_sent_text_appears_by_itself_and_leaves_the_form(chat, window):
    """Sending does not load the page anew."""
    page = await window("Ann")
    await page.evaluate("window.same = true")
    await page.fill("#text", "hello *all*")
    await page.press("#text", "Control+Enter")
    await expect(page.locator("article.own")).to_contain_text("hello all")
    await expect(page.locator("#text")).to_have_value("")
    assert await page.evaluate("window.same")
    assert await page.locator("#empty").count() == 0


async def test_a_refused_text_stays_in_the_form(window):
    """A refusal says why, and keeps the work."""
    page = await window("Ann")
    await page.fill("#text", "x" * 8001)
    await page.click("text=Send")
    await expect(page.locator("[data-problem]")).to_contain_text("8,001 characters")
    assert len(await page.input_value("#text")) == 8001


async def test_a_message_that_is_being_changed_is_left_alone(chat, window):
    """The sign that it was posted may come while its author corrects it."""
    message = MessageId(await chat.room.say("lounge", "", "Ann", "helo"))
    page = await window("Ann")
    await page.click("text=Edit")
    await page.fill("#edit-text", "hello, corrected")
    await chat.react(LOUNGE, message, Reaction.POSTED)
    await chat.room.say("lounge", "", "Bob", "meanwhile")
    await expect(page.locator("article.new")).to_contain_text("meanwhile")
    assert await page.input_value("#edit-text") == "hello, corrected"
    await page.click("text=Save")
    await expect(page.locator(f"#{message} .body")).to_have_text("hello, corrected")


async def test_only_a_reader_at_the_bottom_is_taken_along(chat, window):
    """A page that moves under a reader's eyes loses the reader."""
    for number in range(40):
        await chat.room.say("lounge", "", "Bob", f"line {number}")
    page = await window("Ann")
    await chat.room.say("lounge", "", "Bob", "followed")
    await expect(page.locator("article", has_text="followed")).to_be_in_viewport()
    await page.wait_for_function(AT_BOTTOM)
    await page.evaluate("scrollTo({ top: 50, behavior: 'instant' })")
    await chat.room.say("lounge", "", "Bob", "unseen")
    await expect(page.locator("article", has_text="unseen")).to_have_count(1)
    assert await page.evaluate("scrollY") == 50
    await expect(page.locator("#below")).to_be_visible()


async def test_an_open_menu_and_the_focus_survive_an_update(chat, window):
    """Who chooses a reaction by keyboard must not be thrown out by somebody else's."""
    message = await chat.room.say("lounge", "", "Bob", "hello")
    page = await window("Ann")
    await page.click(f"#{message} summary")
    await page.focus(f"#{message} details button >> nth=1")
    await chat.room.edit(message, "Bob", "hello all")
    await expect(page.locator(f"#{message} .body")).to_have_text("hello all")
    assert "follow" in await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#{message} .reaction.mine").first).to_have_text("🔖 1")


async def test_an_answer_arrives_where_only_its_asker_looks(chat, window):
    """The private pane is live, too."""
    ann, bob = await window("Ann"), await window("Bob")
    await ann.fill("#text", "/forum unread")
    await ann.press("#text", "Control+Enter")
    await expect(ann.locator("#private")).to_contain_text("Waiting for the answer")
    command = (await anext(chat.events(""))).events[0]
    await chat.tell(command.where, command.person.id, "3 new", "a1")
    await expect(ann.locator("#private")).to_contain_text("3 new")
    await expect(bob.locator("#private")).to_be_hidden()


async def test_a_reply_is_chosen_in_place_and_by_keyboard(chat, window):
    """r on a message answers it; the letters typed after it are text."""
    message = await chat.room.say("lounge", "", "Bob", "hello")
    page = await window("Ann")
    for key in ("j", "r"):
        await page.keyboard.press(key)
    await expect(page.locator(".replying")).to_contain_text("In reply to Bob")
    await page.keyboard.type("jr?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("article.own .quoted")).to_contain_text("Bob: hello")
    assert (await chat.room.state()).messages["m2"].reply_to == message


async def test_nothing_overflows_on_a_phone(chat, window):
    """A thread must be readable at 390 pixels."""
    words = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    card = Card(CardKind.POST, author=words[:60], badge="OP", title=words, note=words, path=(words, words))
    await chat.open_thread(LOUNGE, await chat.send(LOUNGE, chat.render(card)[0], "k1"), words, "t")
    await chat.room.say("lounge", "m1", "Ann", f"{words}\n\n```\n{words}\n```\n\n> {words}", reply_to="m1")
    for path in ("/chat/", "/chat/c/lounge", "/chat/c/lounge/m1"):
        page = await window("Ann", path, viewport={"width": 390, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
