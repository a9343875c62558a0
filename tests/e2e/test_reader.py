"""The reader in a real browser: signed in from the chat, two people, two devices, with scripts and without."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.e2e.conftest import PATIENCE, ROOT, Program, Window

DEMO = ROOT / "config" / "demo.toml"
TOUR = "Start here: what you can try in this sandbox"

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(element.outerHTML.slice(0, 80));
  }
  return faint;
}"""
"""The elements whose words stand out too little from what is behind them."""

UNNAMED = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), textarea")].filter((one) =>
  one.checkVisibility() && !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length)
).map((one) => one.outerHTML.slice(0, 80))"""
"""The controls that nothing names."""


@pytest.fixture
def address(threadline: Program) -> Iterator[str]:
    """The one address that the program prints, while it runs."""
    with threadline.running("--config", DEMO) as address:
        yield address


async def signed_in(window: Window, address: str, name: str, **options: object) -> Page:
    """Somebody asks for the link in the chat, follows it and presses the button."""
    page = await window(address, "/chat/c/workshop", name, **options)
    await page.get_by_label("Write in #workshop").fill("/forum web")
    await page.get_by_role("button", name="Send").click()
    link = page.get_by_role("link", name="Sign in to the reader")
    if options.get("java_script_enabled") is False:
        await there(page, link)
    await link.last.wait_for()
    await page.goto(str(await link.last.get_attribute("href")))
    await page.get_by_role("button", name=f"Sign in as {name}").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Boards")
    return page


async def there(page: Page, wanted: Locator) -> None:
    """Load a page again and again until something stands on it: what one does where nothing is live."""
    async with asyncio.timeout(PATIENCE):
        while not await wanted.count():
            await page.reload()


async def write(context: BrowserContext, address: str, text: str, name: str = "Rosa") -> None:
    """Somebody answers on the forum."""
    form: dict[str, str | float | bool] = {
        "author": name,
        "title": "",
        "text": text,
        "parent": "",
        "once": f"once-{text}",
    }
    sent = await context.request.post("/forum/t/t1", form=form, headers={"Origin": address})
    assert sent.ok, await sent.text()


async def follow(page: Page, name: str) -> None:
    """Follow a link to another page."""
    async with page.expect_navigation():
        await page.get_by_role("link", name=name).first.click()


async def test_two_readers_have_marks_of_their_own_and_two_devices_have_the_same(address: str, window: Window) -> None:
    """What one has read is new to the other; what is read on one device is read on both."""
    ann, zoe = await signed_in(window, address, "Ann"), await signed_in(window, address, "Zoe")
    await expect(ann.locator("#boards")).to_contain_text("You have read everything")
    await write(ann.context, address, "The first")
    await write(ann.context, address, "The second")
    for page in (ann, zoe):
        await expect(page.locator(".board.new")).to_contain_text("2 new posts · 1 thread")
    device = await ann.context.new_page()
    await device.goto("/read/")
    for page in (ann, zoe):
        await follow(page, "The Workshop")
        await follow(page, TOUR)
        await expect(page.locator(".post.new .new-word")).to_have_text(["new", "new"])
        await expect(page.locator(".outline-row.new .new-word")).to_have_text(["new", "new"])
    await ann.locator(".post.new").first.get_by_role("button", name="Read to here").click()
    await expect(ann.locator(".post.new")).to_have_count(1)
    await expect(ann.locator("#counts")).to_have_text("10 replies, 1 new")
    await expect(device.locator(".board.new")).to_contain_text("1 new post · 1 thread")
    await device.get_by_role("button", name="Mark all read").click()
    await expect(ann.locator(".post.new")).to_have_count(0)
    await expect(ann.locator(".outline-row.new")).to_have_count(0)
    await expect(zoe.locator(".post.new")).to_have_count(2)


async def test_what_arrives_while_one_reads_is_announced_and_moves_nothing(address: str, window: Window) -> None:
    """What is typed stays, and so does the place on the page."""
    page = await signed_in(window, address, "Ann")
    await page.goto("/read/t/1")
    await page.get_by_label("Text").fill("half a thought")
    await write(page.context, address, "Just now")
    await expect(page.locator("#news")).to_contain_text("1 new post since you came")
    await expect(page.locator("article.post[data-post]")).to_have_count(9)
    assert await page.get_by_label("Text").input_value() == "half a thought"
    await follow(page, "Show")
    await expect(page.locator(".post.new")).to_contain_text("Just now")
    assert await page.get_by_label("Text").input_value() == "half a thought"


async def test_a_reply_from_the_page_stands_on_the_forum_and_in_the_chat_once(address: str, window: Window) -> None:
    """Under the post that it answers; until then the page says what becomes of it."""
    page = await signed_in(window, address, "Ann")
    await page.goto("/read/t/1")
    post = page.locator("article", has_text="So if I reply to your message").first
    await post.get_by_role("link", name="Reply", exact=True).click()
    await expect(page.locator("#whom")).to_have_text("In reply to #2 by Mrs. Tanner")
    await page.get_by_label("Text").fill("I *wondered* too")
    await page.get_by_role("button", name="Post the reply").click()
    await expect(page.locator("#mine article")).to_contain_text("posted Show")
    await page.goto("/forum/t/t1")
    await expect(page.locator("article", has_text="I wondered too")).to_contain_text("in reply to #2")
    await page.goto("/read/t/1")
    own = page.locator("article[data-post]", has_text="I wondered too")
    await there(page, own)
    await expect(own).to_contain_text("in reply to #2")
    await expect(own.locator(".new-word")).to_be_hidden()
    await page.goto("/chat/c/workshop")
    await page.get_by_role("link", name="9 replies").click()
    await expect(page.locator("article", has_text="I wondered too")).to_have_count(1)


async def test_it_all_works_without_scripts(address: str, window: Window) -> None:
    """Forms post, links lead, nothing else is needed."""
    page = await signed_in(window, address, "Ann", java_script_enabled=False)
    await write(page.context, address, "Without scripts")
    await there(page, page.locator(".board.new"))
    await follow(page, "The Workshop")
    await follow(page, TOUR)
    fresh = page.locator(".post.new")
    await expect(fresh).to_contain_text("Without scripts")
    await page.get_by_role("button", name="None").click()
    await expect(page.locator(".star")).to_have_count(0)
    await page.get_by_role("button", name="5 newest").click()
    await expect(page.locator(".outline .star")).to_have_count(5)
    await fresh.get_by_role("link", name="Reply", exact=True).click()
    await expect(page.locator("#whom")).to_have_text("In reply to #9 by Rosa")
    await page.get_by_label("Text").fill("Typed without scripts")
    await page.get_by_role("button", name="Post the reply").click()
    await expect(fresh).to_have_count(0)
    own = page.locator("article[data-post]", has_text="Typed without scripts")
    await there(page, own)
    await expect(own).to_contain_text("in reply to #9")
    await own.get_by_role("button", name="Unread from here").click()
    await expect(page.locator(".post.new")).to_have_count(1)
    await page.get_by_role("button", name="Mark thread read").click()
    await expect(page.locator(".post.new")).to_have_count(0)
    await page.get_by_label("Search for").fill("scripts")
    await page.get_by_role("button", name="Search").click()
    await there(page, page.locator(".hit", has_text="scripts"))
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/read/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to read here")


async def test_the_keyboard_alone_reads_marks_and_answers(address: str, window: Window) -> None:
    """j and k go from news to news, m marks, r answers, o and / lead to outline and search, ? lists the keys."""
    page = await signed_in(window, address, "Ann")
    await write(page.context, address, "The first")
    await write(page.context, address, "The second")
    await page.goto("/read/t/1")
    await there(page, page.locator(".post.new", has_text="The second"))
    focused = page.locator(".post:focus")
    await page.keyboard.press("j")
    await expect(focused).to_contain_text("The first")
    await page.keyboard.press("j")
    await expect(focused).to_contain_text("The second")
    await page.keyboard.press("k")
    await expect(focused).to_contain_text("The first")
    await page.keyboard.press("m")
    await expect(page.locator(".post.new")).to_have_count(1)
    await expect(focused).to_contain_text("The first")
    await page.keyboard.press("r")
    await expect(page.locator("#whom")).to_have_text("In reply to #9 by Rosa")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("j and k are letters here")
    await expect(page.locator("#text")).to_have_value("j and k are letters here")
    await page.locator("h1").click()
    await page.keyboard.press("o")
    await expect(page.locator("#outline summary")).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.locator("#q")).to_be_focused()
    await page.locator("h1").click()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("next new post")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_can_be_read_on_a_phone_in_either_light(address: str, window: Window, scheme: str) -> None:
    """Nothing is wider than the screen, all words stand out, every control has a name."""
    phone = {"width": 390, "height": 844}
    page = await signed_in(window, address, "Ann", viewport=phone, color_scheme=scheme)
    await write(page.context, address, "w" * 200)
    await expect(page.locator(".board.new")).to_have_count(1)
    for path in ("/read/", "/read/b/1", "/read/t/1", "/read/search?q=reply", "/read/t/999"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert await page.evaluate(CONTRAST) == [], path
        assert await page.evaluate(UNNAMED) == [], path


async def test_the_start_page_leads_to_the_reader(address: str, window: Window) -> None:
    """Who is not signed in is told how."""
    page = await window(address)
    await page.get_by_role("link", name="Reader").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Sign in"))
    await expect(page.locator("main")).to_contain_text("forum web")
