"""What the sandbox's script adds, seen in a real browser."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the path: apt-get install chromium"),
]


@pytest.fixture
async def forum(bench):
    return bench.open(bench.pages, opening=True)


@pytest.fixture
async def page(serve) -> AsyncIterator[Page]:
    """The tour, in a window of its own; a mistake in a script fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(base_url=await serve())
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto("/forum/t/t1")
        yield page
        await chromium.close()
    assert complaints == []


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
