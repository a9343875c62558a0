"""More news at once than a mirror ever had wait for an admin's choice; what a pause brought does not."""

import pytest

from bot.errors import NotFound
from bot.mirroring import Layout, Options
from bot.model import DAY, HOUR, MINUTE
from bot.store.choosing import choose, open_floods
from bot.store.communities import set_notices
from bot.store.ingest import owe_known
from bot.store.meaning import Found
from bot.store.notices import open_notices
from bot.store.offers import restored
from bot.store.story import story
from bot.store.unmirror import remove_mirror
from bot.testing.store_rig import listed, op, post

MANY = 30
"""News at once that are a flood for a quiet source."""


def replies(count, first=1, words="words"):
    return [post(f"p{n}", words) for n in range(first, first + count)]


@pytest.fixture
async def quiet(mirrored):
    """A thread of the board that is shown, and was read a quarter of an hour ago."""
    await mirrored.arrive(op())
    await mirrored.send()
    mirrored.now += 15 * MINUTE
    return mirrored


@pytest.fixture
async def flooded(quiet):
    """So many replies at once that they wait."""
    await quiet.read_thread(op(), *replies(MANY))
    return quiet


async def chosen(house, choice, mirror=1):
    return await house.store.write(choose, mirror, choice, house.community, "Ada", house.now)


async def shown(house):
    """What stands, but for the OP."""
    await house.send()
    return [key for key, *_ in await house.copies() if key != "p0"]


async def waiting(house):
    """Of each open flood its mirror, threads and posts."""
    return [(flood.mirror, flood.threads, flood.posts) for flood in await house.store.read(open_floods, None)]


# --------------------------------------------------------------------------------------------------- what is a flood


async def test_more_news_at_once_than_ever_wait_for_a_choice(flooded):
    assert await flooded.owed() == []
    assert await waiting(flooded) == [(1, 1, MANY)]


async def test_what_is_usual_is_no_flood(quiet):
    await quiet.read_thread(op(), *replies(20))
    assert (await waiting(quiet), len(await quiet.owed())) == ([], 20)


async def test_a_first_reading_is_no_flood(mirrored):
    """A thread that was found when it was long already."""
    await mirrored.arrive(op(), *replies(MANY))
    assert (await waiting(mirrored), len(await mirrored.owed())) == ([], MANY + 1)


async def test_the_first_news_after_a_long_first_reading_are_no_flood(mirrored):
    """What came a moment before was no news at once with them."""
    await mirrored.arrive(op(), *replies(MANY))
    mirrored.now += 5000
    await mirrored.read_thread(op(), *replies(MANY + 1))
    assert await waiting(mirrored) == []


async def test_what_a_long_pause_brought_is_no_flood(mirrored):
    """A thread with two posts an hour has fifty after a day."""
    posts = []
    await mirrored.arrive(op())
    for n in range(1, 25):
        mirrored.now += HOUR // 2
        posts = replies(n)
        await mirrored.read_thread(op(), *posts)
    mirrored.now += DAY
    await mirrored.read_thread(op(), *replies(len(posts) + 50))
    assert await waiting(mirrored) == []


async def test_a_young_thread_of_a_busy_board_may_grow_during_a_pause(mirrored):
    """It says little about itself; what its board had lets one expect much."""
    await mirrored.arrive(op())
    mirrored.now += HOUR
    await mirrored.store.write(rated, mirrored, 100.0)
    mirrored.now += DAY
    await mirrored.read_list(listed("t", "much more"))
    await mirrored.read_thread(op(), *replies(100))
    assert await waiting(mirrored) == []
    mirrored.now += 15 * MINUTE
    await mirrored.read_thread(op(), *replies(160))
    assert await waiting(mirrored) == [(1, 1, 60)], "what was expected of the pause is not expected ever after"


def rated(house, slow):
    yield "UPDATE source SET rate_slow=$2 WHERE board=$1", (house.board, slow)


async def test_what_comes_page_by_page_counts_together(quiet):
    """A forum that shows twenty posts at a time floods in many small readings."""
    for page in range(5):
        quiet.now += 1000
        await quiet.read_thread(*replies(15, 1 + 15 * page), complete=False, more=page < 4)
    assert await waiting(quiet) == [(1, 1, 60)]
    assert len(await shown(quiet)) == 15


async def test_many_fresh_threads_count_as_news(mirrored):
    """Each of them brings a post at least; they are read one by one, when it is too late to count."""
    await mirrored.read_list(*(listed(f"t{n}") for n in range(MANY)))
    assert await waiting(mirrored) == [(1, MANY, 0)]
    for n in range(3):
        await mirrored.read_thread(op(f"x{n}"), key=f"t{n}")
    assert (await waiting(mirrored), await mirrored.owed()) == ([(1, MANY, 3)], [])


async def test_posts_in_the_list_itself_count_together(mirrored):
    pages = [mirrored.page(op(f"x{n}"), key=f"t{n}", complete=False) for n in range(MANY)]
    await mirrored.read_list(pages=tuple(pages))
    assert (await waiting(mirrored), await mirrored.owed()) == ([(1, MANY, MANY)], [])


async def test_a_boards_first_list_is_no_flood(house):
    await house.mirror()
    await house.read_list(*(listed(f"t{n}") for n in range(MANY)))
    assert await waiting(house) == []


async def test_what_an_admin_asks_for_is_no_flood(house):
    """He mirrors a thread that is long already."""
    await house.read_thread(op(), *replies(MANY))
    [[thread]] = await house.rows("SELECT id FROM thread")
    mirror = await house.mirror(thread=thread)
    await house.store.write(owe_known, mirror, thread, house.now)
    assert (await waiting(house), len(await shown(house))) == ([], MANY)


async def test_only_what_a_mirror_would_show_counts_for_it(house):
    await house.mirror(options=Options(not_words=("spam",)))
    await house.mirror("library")
    await house.read_list()
    await house.arrive(op())
    house.now += 15 * MINUTE
    await house.read_thread(op(), *replies(MANY, words="spam"), post("p99"))
    assert await waiting(house) == [(2, 1, MANY + 1)]
    assert ("create", "p99", "thread") in await house.owed()


async def test_other_threads_of_the_mirror_go_on(flooded):
    await flooded.arrive(op("q0"), key="u")
    assert await flooded.owed() == [("create", "q0", "channel")]


async def test_later_posts_of_its_threads_join_while_it_waits(flooded):
    flooded.now += 15 * MINUTE
    await flooded.read_thread(op(), *replies(MANY + 1))
    assert (await waiting(flooded), await flooded.owed()) == ([(1, 1, MANY + 1)], [])


async def test_a_second_flood_joins_the_first(flooded):
    """An admin is asked once."""
    await flooded.arrive(op("q0"), key="u")
    await flooded.send()
    flooded.now += 15 * MINUTE
    await flooded.read_thread(op("q0"), *(post(f"q{n}") for n in range(1, MANY + 1)), key="u")
    assert await waiting(flooded) == [(1, 2, 2 * MANY)]
    assert len(await flooded.store.read(open_notices)) == 1


# ------------------------------------------------------------------------------------------------------------ choices


async def test_all_of_it_is_posted_in_the_order_in_which_it_arrived(house):
    await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    pages = [house.page(op(f"x{n}"), post(f"y{n}"), key=f"t{n}", complete=False) for n in range(MANY)]
    await house.read_list(pages=tuple(pages))
    assert (await chosen(house, "all")).owed == 2 * MANY
    order = [key for _, key, _ in await house.owed()]
    assert order == [key for n in reversed(range(MANY)) for key in (f"x{n}", f"y{n}")]
    assert await house.value("SELECT count(*) FROM delivery WHERE backfill=1") == 0


async def test_what_waited_for_a_choice_waits_for_no_delay(house):
    await house.mirror(options=Options(delay=600))
    await house.read_list(*(listed("old"),))
    pages = [house.page(op(f"x{n}"), key=f"t{n}", complete=False) for n in range(MANY)]
    await house.read_list(pages=tuple(pages))
    await chosen(house, "all")
    assert len(await shown(house)) == MANY


async def test_what_was_deleted_while_it_waited_is_not_posted(flooded):
    await flooded.read_thread(op(), *replies(MANY - 2))
    await chosen(flooded, "all")
    assert len(await shown(flooded)) == MANY - 2


async def test_what_is_marked_as_seen_is_never_shown(flooded):
    """Not even when it is edited; what comes later in the thread is news like any other."""
    await chosen(flooded, "seen")
    flooded.now += 15 * MINUTE
    await flooded.read_thread(op(), *replies(1, words="other words"), *replies(MANY, 2))
    assert await shown(flooded) == [f"p{MANY + 1}"]


async def test_a_choice_holds_for_threads_that_are_not_read_yet(mirrored):
    """They are read one by one, and an admin may be quicker."""
    await mirrored.read_list(*(listed(f"t{n}") for n in range(MANY)))
    await chosen(mirrored, "seen")
    await mirrored.read_thread(op("x1"), post("y1"), key="t1")
    assert await mirrored.owed() == []
    mirrored.now += 15 * MINUTE
    await mirrored.read_thread(op("x1"), post("y1"), post("y2"), key="t1")
    assert await mirrored.owed() == [("create", "x1", "channel"), ("create", "y2", "thread")]


async def test_a_digest_is_one_message_that_lists_the_threads(mirrored):
    pages = [mirrored.page(op(f"x{n}"), key=f"t{n}", complete=False) for n in range(60)]
    await mirrored.read_list(pages=tuple(pages))
    assert (await chosen(mirrored, "digest")).owed == 1
    [[place, text]] = await mirrored.rows(
        "SELECT l.label, n.text FROM delivery d JOIN notice n ON n.id=d.subject_id JOIN place l ON l.id=d.queue"
        " WHERE d.subject='notice'"
    )
    assert place == "lounge"
    assert text.startswith("Lounge: this came at once.\n\n“A thread” by Ada\n\n“A thread” by Ada")
    assert text.endswith("… and 20 more")
    assert await mirrored.owed() == []
    assert [about for about, _, _ in await mirrored.store.read(open_notices)] == []


async def test_a_choice_is_made_once_and_can_be_given_again(flooded):
    assert (await chosen(flooded, "seen")).fresh
    before = await flooded.value("SELECT count(*) FROM audit")
    again = await chosen(flooded, "seen")
    assert (again.fresh, again.owed, await flooded.value("SELECT count(*) FROM audit")) == (False, 0, before)
    with pytest.raises(NotFound, match="nothing of mirror 1 waits for a choice; `seen` was chosen of the last one"):
        await chosen(flooded, "all")


async def test_nobody_decides_for_another_community(flooded):
    """Law 12."""
    with pytest.raises(NotFound, match="there is no mirror 1 here"):
        await flooded.store.write(choose, 1, "all", flooded.community + 1, "Eve", flooded.now)
    assert await flooded.store.read(open_floods, flooded.community + 1) == []


async def test_a_flood_ends_with_its_mirror(flooded):
    await flooded.store.write(remove_mirror, 1, flooded.community, "Ada", flooded.now)
    assert (await waiting(flooded), await flooded.store.read(open_notices)) == ([], [])


# --------------------------------------------------------------------------------------------------------- who is told


async def test_admins_are_told_what_came_and_what_they_can_say(quiet):
    """Law 11: once, and once when it is settled."""
    notices = await quiet.channel("notices")
    await quiet.store.write(set_notices, quiet.community, notices)
    await quiet.read_thread(op(), *replies(MANY))
    await quiet.read_thread(op(), *replies(MANY + 1))
    [(about, text, _)] = await quiet.store.read(open_notices)
    assert about == "flood:1"
    assert text == (
        "30 posts in 1 thread of Lounge (mirror 1 into web:lounge) came at once, far more than usual: “A thread”. "
        "Nothing of it is shown yet."
    )
    [[offers]] = await quiet.rows("SELECT offers FROM notice")
    assert [offer.words for offer in restored(offers)] == [("flood", "1", word) for word in ("all", "digest", "seen")]
    await chosen(quiet, "all")
    told = await quiet.rows(
        "SELECT d.revision, n.over FROM delivery d JOIN notice n ON n.id=d.subject_id WHERE d.subject='notice'"
    )
    assert [revision for revision, _ in told] == [1, 2]
    assert told[0][1].endswith("what came at once is posted, as Ada chose.")
    assert await quiet.rows("SELECT who, what, new FROM audit ORDER BY id DESC LIMIT 1") == [
        ("Ada", "flood 1 of mirror 1 settled", "all")
    ]


async def why(house, key):
    [[post]] = await house.rows("SELECT id FROM post WHERE key=$1", key)
    told = await house.store.read(story, Found("post", post), None, house.now)
    return [stage.text for stage in told.stages]


async def test_why_tells_of_the_flood(flooded):
    assert any("it waits with 30 posts in 1 thread of Lounge" in text for text in await why(flooded, "p1"))
    await chosen(flooded, "seen")
    said = "it came with many others at once; it was left out, as an admin chose for mirror 1"
    assert said in await why(flooded, "p1")


async def test_why_tells_what_a_filter_left_out_where_another_channel_shows_it(house):
    await house.mirror(options=Options(not_words=("spam",)))
    await house.mirror("library")
    await house.read_list()
    await house.arrive(op(), post("p1", "spam"))
    await house.send()
    assert "left out by mirror 1: it holds “spam”" in await why(house, "p1")
    assert not any("left out" in text for text in await why(house, "p0"))
