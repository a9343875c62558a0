"""What the sandbox's script adds, seen in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from adapters.forums.sandbox import SandboxForum, SandboxSettings, adapter
from bot.model import ForumName
from bot.testing.clock import NOON
from bot.testing.context import context
from bot.web.pages import TemplatePages
from tests.e2e.conftest import Serve, Window

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def forum(tmp_path: Path) -> AsyncIterator[SandboxForum]:
    """A new sandbox; each look at its clock is a second later."""
    seconds = count(NOON, 1000)
    pages = TemplatePages("adapters.forums.sandbox", now=lambda: next(seconds))
    given = context(tmp_path, "sandbox", now=lambda: next(seconds), pages=pages)
    forum = adapter.open(ForumName("sandbox"), SandboxSettings(), given)
    yield forum
    await forum.close()
    await given.net.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(forum: SandboxForum, serve: Serve, window: Window) -> Page:
    """The tour, in a window of its own."""
    return await window(await serve(forum), "/forum/t/t1")


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id"))


async def test_a_half_typed_reply_outlives_what_others_write(page, forum):
    """What somebody is typing is worth more than any update."""
    await page.fill("#text", "half a thought")
    first = await forum.board.post("t1", "p3", "Brook", "", "one")
    await expect(page.locator(f"#{first}.new .new-word")).to_have_text("new")
    second = await forum.board.post("t1", "p3", "Brook", "", "two")
    await expect(page.locator(f"#{second}.new")).to_contain_text("two")
    await expect(page.locator(f"#{first}.new .new-word")).to_have_text("new")
    await expect(page.locator(".outline-row")).to_have_count(11)
    assert await page.input_value("#text") == "half a thought"
    assert await focused(page) == "text"


async def test_edits_and_deletions_show_in_place(page, forum):
    await forum.board.edit("p3", "Another title", "Another text")
    await expect(page.locator("#p3 .body")).to_have_text("Another text")
    await forum.board.delete("p3")
    await expect(page.locator("#p3.tombstone")).to_contain_text("This post was deleted")
    await expect(page.locator(".post.new")).to_have_count(0)


async def test_choosing_what_to_answer_keeps_what_was_typed(page):
    await page.fill("#author", "Frieda")
    await page.fill("#text", "typed before")
    await page.click("#p3 a[data-reply]")
    await expect(page.locator("#answered")).to_have_text("#2, by Mrs. Tanner")
    await expect(page.locator("#title")).to_have_value("Re: How does it know whom you answer?")
    await page.fill("#title", "My own title")
    await page.click("#unanswer")
    await expect(page.locator("#answered")).to_have_text("the thread")
    await expect(page.locator("#title")).to_have_value("My own title")
    await expect(page.locator("#text")).to_have_value("typed before")
    await expect(page.locator("[name=parent]")).to_have_value("")


async def test_the_keyboard_reaches_posts_outline_and_reply(page, forum):
    await page.keyboard.press("j")
    assert await focused(page) == "p1"
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert await focused(page) == "p3"
    await page.keyboard.press("k")
    assert await focused(page) == "p2"
    await page.keyboard.press("o")
    await expect(page.locator(".outline-row a").first).to_be_focused()
    new = await forum.board.post("t1", "", "Brook", "", "new")
    await expect(page.locator(f"#{new}.new")).to_be_attached()
    await page.keyboard.press("j")
    assert await focused(page) == new  # where there are new posts, only those
    await page.keyboard.press("r")
    await expect(page.locator("[name=parent]")).to_have_value(new)
    await page.keyboard.type("jkro")
    await expect(page.locator("#author")).to_have_value("jkro")


async def test_a_page_that_was_left_and_found_again_is_live_again(page, forum):
    """Browsers keep a page as it was and show it again on "back"."""
    await page.goto("/forum/b/b1")
    await page.go_back()
    new = await forum.board.post("t1", "", "Brook", "", "meanwhile")
    await expect(page.locator(f"#{new}")).to_contain_text("meanwhile")


async def test_moderators_see_at_once_what_waits(page, forum):
    await page.goto("/forum/moderation")
    await forum.board.set_moderation(True)
    await forum.board.post("t1", "", "Brook", "", "please")
    await expect(page.get_by_role("button", name="Switch moderation off")).to_be_visible()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.locator("#live")).to_contain_text("Nothing waits")
