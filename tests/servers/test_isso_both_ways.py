"""Comments that Isso keeps, mirrored into a chat from which people answer: the whole way, over Isso itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.model import MINUTE
from bot.testing.clock import FakeClock
from tests.house import settled
from tests.servers.blog import Article, Blog
from tests.servers.house import FORUM, Commented

PAGE = "/2026/seeds/"


@pytest.fixture
async def blog(producers: Path, tmp_path: Path) -> AsyncIterator[Blog]:
    """A site with one page, below which Ann has commented."""
    async with Blog(producers, tmp_path / "isso") as made:
        made.articles[PAGE] = Article("Seeds & more", "Olga", "What I sowed.")
        await (await made.ready()).say("Ann", "Which ones came up?", page=PAGE)
        yield made


@pytest.fixture
async def house(blog: Blog, tmp_path: Path) -> AsyncIterator[Commented]:
    """The program, in which nothing is mirrored yet."""
    file = settled(tmp_path, FORUM.format(address=blog.address))
    house = Commented(tmp_path / "home", file, FakeClock(int(time.time() * 1000)))
    async with house.running():
        yield house


async def comments(blog: Blog) -> list[tuple[str, str, str | None]]:
    """Who says what below the page, and in answer to whom."""
    url = f"{blog.isso.address}/?uri={PAGE}&plain=1"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        tree = await answer.json()
    found: list[tuple[str, str, str | None]] = []
    for top in tree["replies"]:
        found.append((top["author"], top["text"], None))
        found += [(below["author"], below["text"], top["author"]) for below in top["replies"]]
    return found


def once(shown: list[str], *words: str) -> None:
    """Each of them is shown, once."""
    for one in words:
        assert sum(one in text for text in shown) == 1, shown


async def test_a_page_s_comments_reach_the_chat_and_replies_reach_the_page(blog: Blog, house: Commented) -> None:
    """Edits and deletions go both ways; nothing is shown twice."""
    assert "Seeds & more" in await house.mirror(f"{blog.address}/?uri={PAGE}")
    once(await house.talk(), "Seeds & more", "Which ones came up?")
    bo = await blog.isso.say("Bo", "The beans did.", page=PAGE)

    async def heard() -> bool:
        return any("The beans did." in one for one in await house.talk())

    await house.works(heard)
    mine = await house.say("All of *mine* did.", (await house.message("The beans did.")).id)
    lone = await house.say("A great year.", name="Emil")
    await house.works(house.at_rest, MINUTE)
    assert await comments(blog) == [
        ("Ann", "Which ones came up?", None),
        ("Bo", "The beans did.", None),
        ("Zoe", "All of _mine_ did.", "Bo"),
        ("Emil", "A great year.", None),
    ]
    await house.chat.room.edit(mine, "Zoe", "Most of mine did.")
    await house.chat.room.delete(lone, "Emil")
    await blog.isso.edit(bo, "The beans did, all of them.", "Bo")

    async def changed() -> bool:
        return any("all of them" in one for one in await house.talk()) and await house.at_rest()

    await house.works(changed, MINUTE)
    assert await comments(blog) == [
        ("Ann", "Which ones came up?", None),
        ("Bo", "The beans did, all of them.", None),
        ("Zoe", "Most of mine did.", "Bo"),
    ]
    once(await house.talk(), "Seeds & more", "Which ones came up?", "The beans did", "Most of mine did.")


async def test_what_a_site_s_owner_makes_of_a_reply_is_shown_by_its_message(blog: Blog, house: Commented) -> None:
    """In this chat we may change what others wrote: the message says what the page says. It is shown nowhere else."""
    await house.mirror(f"{blog.address}/?uri={PAGE}")
    mine = await house.say("All of mine did.")
    await house.works(house.at_rest, MINUTE)
    assert (await house.rows("SELECT fate, fate_shown FROM reply")) == [("posted", "posted")]
    await blog.isso.moderate(2, "edit", "Most of mine did, says the owner.")

    async def changed() -> bool:
        return "says the owner" in await _text(house, mine) and await house.at_rest()

    await house.works(changed, MINUTE)
    once(await house.talk(), "says the owner")
    assert not any("All of mine did." in one for one in await house.talk())
    await blog.isso.moderate(2, "delete")

    async def gone() -> bool:
        return "deleted on the forum" in await _text(house, mine) and await house.at_rest()

    await house.works(gone)
    assert [text for _, text, _ in await comments(blog)] == ["Which ones came up?"]
    assert not any("says the owner" in one for one in await house.talk())


async def _text(house: Commented, message: str) -> str:
    """What a message shows, whoever wrote it."""
    return next(one for id, one in await house.read() if id == message)


@pytest.mark.parametrize("saved", [False, True], ids=["before the save", "after the save"])
async def test_a_reply_whose_answer_is_lost_stands_once(blog: Blog, house: Commented, saved: bool) -> None:
    """What was saved is found by its author, words and time; what was not is posted: a site that moderates nothing
    shows everything."""
    await house.mirror(f"{blog.address}/?uri={PAGE}")
    struck: list[str] = []

    def lost(asked: str, answered: bool) -> bool:
        if asked != "POST /new" or struck or answered != saved:
            return False
        struck.append(asked)
        return True

    blog.trouble = lost
    await house.say("All of mine did.")

    async def told() -> bool:
        return bool(struck) and await house.at_rest()

    await house.works(told, MINUTE)
    assert (await comments(blog))[1:] == [("Zoe", "All of mine did.", None)]
    once(await house.talk(), "All of mine did.")
    assert await house.rows("SELECT state FROM delivery WHERE subject='reply'") == [("sent",)]


async def test_what_moderators_let_through_is_shown_once(blog: Blog, house: Commented) -> None:
    """It is the message that stands in the chat already; of what they take away its author hears."""
    await blog.run(moderated=True)
    await house.mirror(f"{blog.address}/?uri={PAGE}")
    await house.say("All of mine did.")
    await house.say("Buy my seeds.", name="Emil")

    async def waits() -> bool:
        found = await house.rows("SELECT count(*) FROM reply WHERE fate='queued'")
        return found == [(2,)]

    await house.works(waits, MINUTE)
    assert len(await comments(blog)) == 1
    await blog.isso.moderate(2, "activate")
    await blog.isso.moderate(3, "delete")

    async def judged() -> bool:
        fates = await house.rows("SELECT fate FROM reply ORDER BY id")
        return fates == [("posted",), ("refused",)] and await house.at_rest()

    await house.works(judged, MINUTE)
    once(await house.talk(), "All of mine did.")


async def test_a_lost_answer_of_a_site_that_moderates_is_left_to_an_admin(blog: Blog, house: Commented) -> None:
    """What waits is shown to nobody, so that it may have been saved: posting it again would be a guess."""
    await blog.run(moderated=True)
    await house.mirror(f"{blog.address}/?uri={PAGE}")
    blog.trouble = lambda asked, answered: asked == "POST /new" and answered
    await house.say("All of mine did.")

    async def held() -> bool:
        return await house.rows("SELECT state FROM delivery WHERE subject='reply'") == [("held",)]

    await house.works(held, MINUTE)


async def test_the_words_of_a_refusal_reach_its_author(blog: Blog, house: Commented) -> None:
    """Isso takes no comment of two letters."""
    await house.mirror(f"{blog.address}/?uri={PAGE}")
    await house.say("ok")

    async def refused() -> bool:
        found = await house.rows("SELECT fate, reason FROM reply")
        return bool(found) and found[0][0] == "refused" and "too short" in found[0][1]

    await house.works(refused, MINUTE)


async def test_a_page_is_mirrored_by_its_own_address(blog: Blog, house: Commented) -> None:
    """Nothing of it says Isso; the page names the server of its comments."""
    assert "Seeds & more" in await house.mirror(f"{blog.site}{PAGE}")
    once(await house.talk(), "Seeds & more", "Which ones came up?")
    await house.say("All of mine did.")
    await house.works(house.at_rest, MINUTE)
    assert (await comments(blog))[1:] == [("Zoe", "All of mine did.", None)]


async def test_a_site_s_board_shows_pages_as_people_comment_on_them(blog: Blog, house: Commented) -> None:
    """A page that nobody had commented on becomes a thread with its first comment."""
    assert "is mirrored into web:news now" in await house.mirror(f"{blog.address}/")
    blog.articles["/2026/tools/"] = Article("Tools", "Olga", "What I dig with.")
    await blog.isso.say("Cy", "A spade, anyone?", page="/2026/tools/")

    async def there() -> bool:
        return any("A spade, anyone?" in one for one in await house.talk())

    await house.works(there)
    once(await house.talk(), "A spade, anyone?", "Tools")
