"""What `make run` starts: a forum and a chat on one page, and what goes to and fro between them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.e2e.conftest import PATIENCE, ROOT, Program, Window

DEMO = ROOT / "config" / "demo.toml"
TOUR = "Start here: what you can try in this sandbox"

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def address(threadline: Program) -> Iterator[str]:
    """The one address that the program prints, while it runs."""
    with threadline.running("--config", DEMO) as address:
        yield address


def said(side: Page | FrameLocator, words: str) -> Locator:
    """The message or post that holds these words."""
    return side.locator("article", has_text=words)


async def show_tour(forum: FrameLocator) -> None:
    """Go to the thread in the forum, from wherever one is there."""
    await forum.get_by_role("link", name="Sandbox", exact=True).click()
    await forum.get_by_role("link", name="The Workshop").click()
    await forum.get_by_role("link", name=TOUR).click()


async def rewrite(post: Locator, forum: FrameLocator, text: str) -> None:
    """Give a post of one's own another text, with the forum's form."""
    await post.get_by_role("link", name="Edit").click()
    await forum.locator("#edit").get_by_label("Text").fill(text)
    await forum.get_by_role("button", name="Keep the changes").click()


async def seen(page: Page, there: Locator, words: str) -> None:
    """Load a page again and again until something on it says these words: what one does where nothing is live."""
    async with asyncio.timeout(PATIENCE):
        while not (await there.count() and words in await there.inner_text()):
            await page.reload()


async def test_an_answer_from_the_chat_is_a_post_of_the_forum_and_both_stay_one(address: str, window: Window) -> None:
    """The first five minutes of somebody new: nothing was read before, one address is all they have."""
    page = await window(address)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("A forum and a chat")
    await expect(page.locator("main > :last-child")).to_have_text(
        "Now your own: stop this with Ctrl+C, then threadline setup"
    )
    forum, chat = page.frame_locator("iframe[name=forum]"), page.frame_locator("iframe[name=chat]")
    mine, post = chat.locator("article.own"), forum.locator("article:has(.author:text-is('Ann'))")

    await chat.get_by_label("Name").fill("Ann")
    await chat.get_by_role("button", name="Enter").click()
    await chat.get_by_role("link", name="#workshop").click()
    await chat.get_by_role("link", name="8 replies").click()
    await expect(chat.locator("article")).to_have_count(9)
    await said(chat, "So if I reply to your message").get_by_role("link", name="Reply", exact=True).click()
    await chat.get_by_label("Reply in this thread").fill("I *wondered* too")
    await chat.get_by_role("button", name="Send").click()
    await expect(mine.locator(".fate")).to_have_text("✅ posted")
    await show_tour(forum)
    await expect(post).to_contain_text("I wondered too")
    await expect(post).to_contain_text("in reply to #2")
    await expect(post.locator("em")).to_have_text("wondered")

    await mine.get_by_role("link", name="Edit").click()
    await chat.get_by_label("Change your message").fill("I never wondered")
    await chat.get_by_role("button", name="Save").click()
    await expect(post).to_contain_text("I never wondered")

    await forum.get_by_role("link", name="Sandbox", exact=True).click()
    await forum.get_by_label("Name").fill("Ann")
    await forum.get_by_role("button", name="Keep the name").click()
    await show_tour(forum)
    await rewrite(post, forum, "I shall wonder")
    await expect(mine).to_contain_text("I shall wonder")
    await expect(chat.locator("article")).to_have_count(10)

    await mine.get_by_text("Delete", exact=True).click()
    await mine.get_by_role("button", name="Delete this message").click()
    await expect(post).to_contain_text("This post was deleted")
    await expect(mine).to_have_count(0)

    await chat.get_by_label("Reply in this thread").fill("Nobody asked me")
    await chat.get_by_role("button", name="Send").click()
    await said(forum, "Nobody asked me").get_by_role("button", name="Delete").click()
    await expect(said(chat, "Nobody asked me")).to_have_count(0)


async def test_a_post_of_the_forum_lives_in_the_chat_as_it_does_there(address: str, window: Window) -> None:
    """An edit shows in place and a deletion leaves a tombstone; a second message would tell another story."""
    page = await window(address, "/", "Ann")
    forum, chat = page.frame_locator("iframe[name=forum]"), page.frame_locator("iframe[name=chat]")
    await chat.get_by_role("link", name="#workshop").click()
    await chat.get_by_role("link", name="8 replies").click()
    await show_tour(forum)
    await forum.locator("#reply").get_by_label("Your name").fill("Rosa")
    await forum.locator("#reply").get_by_label("Text").fill("Does this arrive?")
    await forum.get_by_role("button", name="Post the reply").click()
    message = said(chat, "#9")
    await expect(message).to_contain_text("Does this arrive?")
    await expect(message.locator(".author")).to_have_text("Rosa")

    await message.get_by_role("link", name="Reply").click()
    await chat.get_by_label("Reply in this thread").fill("It does")
    await chat.get_by_role("button", name="Send").click()
    await expect(said(forum, "It does")).to_contain_text("in reply to #9")

    post = forum.locator("article", has=forum.locator(".number", has_text="#9"))
    await rewrite(post, forum, "Does a correction arrive?")
    await expect(message.first).to_contain_text("Does a correction arrive?")
    await post.get_by_role("button", name="Delete").click()
    await expect(chat.locator("article.tombstone")).to_contain_text("deleted on the forum")
    await expect(said(chat, "correction")).to_have_count(0)
    await expect(chat.locator("article")).to_have_count(11)


async def test_a_reply_that_has_to_wait_says_so_until_it_is_approved(address: str, window: Window) -> None:
    """Whoever wrote it would otherwise write it again."""
    page = await window(address, "/", "Ann")
    forum, chat = page.frame_locator("iframe[name=forum]"), page.frame_locator("iframe[name=chat]")
    await forum.get_by_role("link", name="Moderation").click()
    await forum.get_by_role("button", name="Switch moderation on").click()
    await chat.get_by_role("link", name="#lounge").click()
    await chat.get_by_role("link", name="1 reply").click()
    await chat.get_by_label("Reply in this thread").fill("Good morning")
    await chat.get_by_role("button", name="Send").click()
    fate = chat.locator("article.own .fate")
    await expect(fate).to_contain_text("⏳")
    await expect(said(forum, "Good morning")).to_contain_text("Ann")
    await forum.get_by_role("button", name="Approve").click()
    await expect(fate).to_have_text("✅ posted")
    await forum.get_by_role("link", name="Sandbox", exact=True).click()
    await forum.get_by_role("link", name="Lounge").click()
    await forum.get_by_role("link", name="Say hello").click()
    await expect(said(forum, "Good morning")).to_contain_text("#2")
    await expect(said(chat, "Good morning")).to_have_count(1)


async def test_forms_and_links_do_it_all_without_scripts(address: str, window: Window) -> None:
    """Nobody has to run our programs to read and to answer."""
    page = await window(address, java_script_enabled=False)
    await page.get_by_role("link", name="Open alone").last.click()
    await page.get_by_label("Name").fill("Ann")
    await page.get_by_role("button", name="Enter").click()
    await page.get_by_role("link", name="#workshop").click()
    await page.get_by_role("link", name="8 replies").click()
    thread = page.url
    await said(page, "So if I reply to your message").get_by_role("link", name="Reply", exact=True).click()
    await page.get_by_label("Reply in this thread").fill("No scripts here")
    await page.get_by_role("button", name="Send").click()
    mine = page.locator("article.own")
    await seen(page, mine, "✅ posted")
    await said(page, "So if I reply to your message").get_by_role("link", name="On the forum").click()
    forum, post = page.url, page.locator("article:has(.author:text-is('Ann'))")
    await expect(post).to_contain_text("in reply to #2")

    await page.goto(thread)
    await mine.get_by_role("link", name="Edit").click()
    await page.get_by_label("Change your message").fill("None at all")
    await page.get_by_role("button", name="Save").click()
    await expect(mine).to_contain_text("None at all")
    await page.goto(forum)
    await seen(page, post, "None at all")

    await page.goto(thread)
    await mine.get_by_text("Delete", exact=True).click()
    await mine.get_by_role("button", name="Delete this message").click()
    await page.goto(forum)
    await seen(page, post, "This post was deleted")
