"""Words that people wait for: told of once, in what their community shows."""

from __future__ import annotations

from bot.store.alerts import MOST, add_alert, alerts, drop_alert
from bot.store.communities import ensure_community
from bot.store.mirrors import add_mirror
from bot.store.persons import join, unlink
from bot.store.places import ensure_channel
from bot.store.unit import Unit


async def test_a_new_post_that_holds_words_is_told_to_those_who_wait_for_them(here):
    ada, bob = await here.reader("ada"), await here.reader("bob")
    await here.store.write(add_alert, ada, here.community, "release*")
    await here.store.write(add_alert, bob, here.community, "cheese")
    await here.posted("p1", words="A new **Releases** page", author="Cy")
    await here.after()
    [(who, text)] = await here.heard()
    assert who == "ada"
    assert "“release\\*” in" in text
    assert "by Cy" in text
    await here.after()
    assert await here.heard() == []


async def test_a_post_is_told_once_to_a_person_however_many_words_it_holds(here):
    ada = await here.follower("ada")
    for words in ("new", "page"):
        await here.store.write(add_alert, ada, here.community, words)
    await here.posted("p1", words="new page")
    await here.after()
    [(_, text)] = await here.heard()
    assert text.count("new page") == 1


async def test_what_was_there_before_somebody_waited_for_its_words_is_no_news(here):
    await here.posted("p1", words="cheese")
    ada = await here.reader("ada")
    await here.store.write(add_alert, ada, here.community, "cheese")
    await here.after()
    assert await here.heard() == []


async def test_words_are_sought_in_what_the_community_shows_alone(here):
    others = await here.store.write(ensure_community, "matrix", "!others", "Others")
    eve = await here.reader("eve", others, "matrix")
    await here.store.write(add_alert, eve, others, "words")
    await here.posted("p1")
    await here.after()
    assert await here.heard() == []
    room = await here.store.write(ensure_channel, others, "matrix", "!room", "room")
    await here.store.write(add_mirror, others, here.board, None, room, "threads", "all", "Bo", 1)
    await here.reader("eve", others, "matrix")
    await here.posted("p2")
    await here.after()
    assert await here.who() == ["eve"]


async def test_what_moves_to_another_thread_is_not_told_again_for_its_words(here):
    ada = await here.reader("ada")
    await here.store.write(add_alert, ada, here.community, "cheese")
    await here.posted("p1", words="cheese")
    await here.after()
    assert await here.who() == ["ada"]
    await here.store.write(_moves)
    await here.after()
    assert await here.heard() == []


def _moves() -> Unit[None]:
    yield "UPDATE post SET seq=(SELECT next_seq FROM forum) WHERE key='p1'", ()
    yield "UPDATE forum SET next_seq=next_seq+1", ()


async def test_an_alert_that_was_taken_away_tells_nothing_any_more(here):
    ada = await here.reader("ada")
    await here.store.write(add_alert, ada, here.community, "cheese")
    await here.posted("p1", words="cheese")
    await here.courier.look()
    [alert] = await here.store.read(alerts, ada, here.community)
    assert await here.store.write(drop_alert, ada, alert.id)
    await here.after()
    assert await here.heard() == []


async def test_nobody_takes_another_ones_alert_away(here):
    ada, bob = await here.reader("ada"), await here.reader("bob")
    await here.store.write(add_alert, ada, here.community, "cheese")
    [alert] = await here.store.read(alerts, ada, here.community)
    assert not await here.store.write(drop_alert, bob, alert.id)
    assert await here.store.read(alerts, bob, here.community) == []


async def test_a_person_has_so_many_alerts_and_no_more(here):
    ada = await here.reader("ada")
    kept = [await here.store.write(add_alert, ada, here.community, f"word{n}") for n in range(MOST + 1)]
    assert kept == [True] * MOST + [False]
    assert await here.store.write(add_alert, ada, here.community, "word0")


async def test_two_logins_that_become_one_reader_are_told_once_of_what_either_waits_for(here):
    """And whoever leaves again takes none of it along: else it would be said twice."""
    ada, bob = await here.reader("ada"), await here.reader("bob")
    await here.store.write(add_alert, ada, here.community, "cheese")
    await here.store.write(add_alert, bob, here.community, "wine")
    await here.store.write(join, ada, bob)
    await here.posted("p1", words="cheese and wine")
    await here.after()
    assert len(await here.heard()) == 1
    left = await here.store.write(unlink, "web", "u-bob", here.clock.now())
    assert await here.store.read(alerts, left, here.community) == []
    assert [one.words for one in await here.store.read(alerts, ada, here.community)] == ["cheese", "wine"]
