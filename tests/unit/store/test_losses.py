"""Law 5: what goes missing all at once waits for an admin's word, and the word counts as long as it should."""

import msgspec
import pytest

from bot.model import DAY, Bookmark, PostKey, PostState
from bot.pace import Terms
from bot.store.decisions import decide_losing
from bot.store.ingest import ingest_thread
from bot.store.notices import open_notice
from bot.store.readings import unchanged
from bot.store.sources import source
from bot.testing.store_rig import BEGINNING, op, post

NINE = [f"p{n}" for n in range(1, 10)]


def nine(**cells):
    return [post(key, **cells) for key in NINE]


@pytest.fixture
async def losing(mirrored):
    """A thread that misses nine of its ten posts, of which the admins were told."""
    await mirrored.arrive(op(), *nine())
    await mirrored.send()
    await mirrored.read_thread(op(), bookmark=Bookmark("seen"))
    await mirrored.store.write(
        open_notice, mirrored.community, f"losing:{await reader(mirrored)}", "9 posts", BEGINNING
    )
    return mirrored


async def reader(house):
    return await house.value("SELECT id FROM source WHERE kind='thread'")


async def decide(house, delete):
    await house.store.write(decide_losing, await reader(house), None, delete, "Ada", BEGINNING)


async def open_abouts(house):
    return [about for (about,) in await house.rows("SELECT about FROM notice WHERE closed_at IS NULL")]


async def asked(house):
    return bool(await house.rows("SELECT id FROM source WHERE losing<>''"))


# ------------------------------------------------------------------------------------------------ the question itself


async def test_many_missing_posts_are_held_until_an_admin_decides(mirrored):
    """Law 5: the copies stand meanwhile, whatever else changes."""
    posts = [post(f"p{n}") for n in range(1, 10)]
    await mirrored.arrive(op(), *posts)
    await mirrored.send()
    result = await mirrored.read_thread(op(title="Another title"))
    assert (result.losing, result.deleted, result.edited) == (9, 0, 1)
    await mirrored.send()
    [[reader]] = await mirrored.rows("SELECT id FROM source WHERE losing<>''")
    await mirrored.store.write(decide_losing, reader, None, True, "Ada", BEGINNING)
    assert (await mirrored.read_thread(op(title="Another title"))).deleted == 9
    assert await mirrored.rows("SELECT losing, agreed FROM source WHERE id=$1", reader) == [("", "")]


async def test_what_an_admin_keeps_is_not_asked_about_again(mirrored):
    await mirrored.arrive(op(), *(post(f"p{n}") for n in range(1, 10)))
    await mirrored.read_thread(op())
    [[reader]] = await mirrored.rows("SELECT id FROM source WHERE losing<>''")
    await mirrored.store.write(decide_losing, reader, None, False, "Ada", BEGINNING)
    result = await mirrored.read_thread(op())
    assert (result.losing, result.deleted) == (0, 0)


async def test_an_admins_word_holds_until_the_thread_was_read_to_its_end(mirrored):
    """A thread of several pages: the missing posts may stand on the last of them."""
    gone = [post(f"p{n}", state=PostState.DELETED) for n in range(1, 10)]
    await mirrored.arrive(op(), *(post(f"p{n}") for n in range(1, 10)))
    await mirrored.read_thread(*gone, complete=False)
    [[reader]] = await mirrored.rows("SELECT id FROM source WHERE losing<>''")
    await mirrored.store.write(decide_losing, reader, None, True, "Ada", BEGINNING)
    await mirrored.read_thread(op(), complete=False, more=True)
    assert (await mirrored.read_thread(*gone, complete=False)).deleted == 9


# ----------------------------------------------------------------------------------------------------- what comes back


async def test_the_question_ends_when_the_posts_are_there_again(losing):
    """Law 11: told once at failure and once at recovery, and told again at the next failure."""
    assert len(await open_abouts(losing)) == 1
    await losing.read_thread(op(), *nine())
    assert not await asked(losing)
    assert await open_abouts(losing) == []


async def test_the_question_stays_while_some_of_the_posts_may_be_missing(losing):
    """The first page of a thread says nothing about the others."""
    await losing.read_thread(op(), post("p1"), complete=False, more=True)
    assert await asked(losing)
    assert len(await open_abouts(losing)) == 1
    await losing.read_thread(*nine()[1:], complete=False)
    assert not await asked(losing)
    assert await open_abouts(losing) == []


async def test_posts_that_went_to_another_thread_are_not_asked_about_any_more(losing):
    await losing.arrive(op("q0"), *nine(), key="u")
    await losing.read_thread(op(), complete=False)
    assert not await asked(losing)


# -------------------------------------------------------------------------------------------------- what an admin keeps


async def test_what_an_admin_kept_goes_when_it_was_seen_again(losing):
    """The word excused one absence, not every later one."""
    await decide(losing, delete=False)
    await losing.read_thread(op(), *nine())
    assert (await losing.read_thread(op(), *nine()[1:])).deleted == 1


async def test_what_an_admin_kept_goes_when_the_forum_says_that_it_is_gone(losing):
    """Law 10: its author may have deleted it, and nobody would be asked again."""
    await decide(losing, delete=False)
    result = await losing.read_thread(op(), post("p1", state=PostState.DELETED), complete=False)
    assert result.deleted == 1


async def test_what_an_admin_kept_although_the_forum_says_that_it_is_gone_is_not_asked_about_again(mirrored):
    gone = nine(state=PostState.DELETED)
    await mirrored.arrive(op(), *nine())
    await mirrored.read_thread(op(), *gone)
    await decide(mirrored, delete=False)
    for _ in range(2):
        result = await mirrored.read_thread(op(), *gone)
        assert (result.losing, result.deleted) == (0, 0)
    await mirrored.read_thread(op(), *nine())
    assert (await mirrored.read_thread(op(), *gone[:1], *nine()[1:])).deleted == 1


# ------------------------------------------------------------------------------------- a word that overtakes a reading


async def overtaken(house, *posts, delete=True, **page):
    """An admin decides while a page with these posts is on its way."""
    before = await house.store.read(source, await reader(house))
    await decide(house, delete)
    return await house.store.write(ingest_thread, before, house.page(*posts, **page), Terms(DAY), house.now)


async def test_a_word_that_overtakes_a_reading_counts(losing):
    """What the page proves is done at once."""
    result = await overtaken(losing, op(), bookmark=Bookmark("later"))
    assert (result.deleted, result.losing) == (9, 0)


async def test_a_word_that_overtakes_a_reading_is_kept_for_the_next_one(losing):
    """The page began where the last reading stopped: it shows neither the posts nor that they are missing."""
    result = await overtaken(losing, complete=False, bookmark=Bookmark("later"))
    assert result.deleted == 0
    assert (await losing.store.read(source, await reader(losing))).bookmark == Bookmark()
    assert (await losing.read_thread(op())).deleted == 9


async def test_a_word_that_overtakes_a_reading_without_news_is_kept_for_the_next_one(losing):
    before = await losing.store.read(source, await reader(losing))
    await decide(losing, delete=True)
    await losing.store.write(unchanged, before, Terms(DAY), losing.now)
    assert (await losing.store.read(source, await reader(losing))).bookmark == Bookmark()
    assert (await losing.read_thread(op())).deleted == 9


async def test_posts_kept_while_a_reading_is_under_way_are_kept(losing):
    result = await overtaken(losing, op(), delete=False)
    assert (result.deleted, result.losing) == (0, 0)


@pytest.mark.parametrize("delete", [True, False])
async def test_an_admin_is_told_of_how_many_posts_he_decided_whatever_their_keys_look_like(mirrored, delete):
    """Keys are the forum's, and may hold anything."""
    posts = [msgspec.structs.replace(post(f"p{n}"), key=PostKey(f'a "{n}"')) for n in range(1, 10)]
    await mirrored.arrive(op(), *posts)
    await mirrored.read_thread(op())
    assert await mirrored.store.write(decide_losing, await reader(mirrored), None, delete, "Ada", BEGINNING) == 9
