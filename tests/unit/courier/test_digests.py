"""Digests: at their time, once, whatever clocks and processes do."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.model import (
    DAY,
    HOUR,
    MINUTE,
    Millis,
)
from bot.reading.due import DAILY
from bot.store.communities import ensure_community
from bot.store.digests import contents, digest_of, digested, drop_digest, due_digests, keep_digest
from bot.store.readers import Wishes, wish


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> Millis:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


async def test_a_digest_tells_at_its_time_what_arrived_and_is_unread(here):
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.posted("p1", "p2")
    await here.after(5 * HOUR)
    assert await here.heard() == []
    await here.after(HOUR)
    [(who, text)] = await here.heard()
    assert who == "ada"
    assert "Lounge: 3 new posts" in text
    assert "A thread: 3 new posts" in text
    await here.after(DAY)
    assert await here.heard() == []


async def test_a_digest_without_news_is_not_sent_and_the_next_one_comes(here):
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.after(DAY)
    assert await here.heard() == []
    await here.posted("p1")
    await here.after(DAY)
    assert await here.who() == ["ada"]


async def test_a_digest_comes_once_a_day_when_clocks_are_changed(here):
    """At 2:30, which the night in March lacks and the one in October has twice."""
    ada = await here.reader("ada")
    for year, month, day in ((2026, 3, 27), (2026, 10, 23)):
        here.clock.jump(utc(year, month, day) - here.clock.now())
        await here.digest(ada, "02:30", zone="Europe/Berlin")
        said = []
        for n in range(4 * 24 * 4):
            if n % 16 == 0:
                await here.posted(f"p{month}{n:03}")
            here.clock.advance(15 * MINUTE)
            await here.courier.look()
            said += [here.clock.now() for _ in await here.heard()]
        assert len(said) == 4
        assert said == sorted(said)


async def test_of_digests_that_were_missed_the_last_is_sent_once(here):
    """A computer that was off for three days does not send three."""
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.posted("p1")
    here.clock.advance(3 * DAY + 7 * HOUR)
    here.restart()
    await here.courier.look()
    await here.courier.look()
    assert await here.who() == ["ada"]
    assert (await here.store.read(digest_of, ada, here.community)).next_at == utc(2026, 1, 5, 18)


async def test_a_digest_that_is_a_day_late_is_left_to_the_next_one(here):
    """A weekly one that was missed on Monday is of no use on Thursday; the next one says it all."""
    ada = await here.reader("ada")
    await here.digest(ada, "18:00", days=1)
    await here.posted("p1")
    here.clock.advance(utc(2026, 1, 8, 18) - here.clock.now())
    await here.courier.look()
    assert await here.heard() == []
    await here.after(4 * DAY)
    assert await here.who() == ["ada"]


async def test_a_digest_is_never_sent_twice_whatever_the_clock_does(here):
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.posted("p1")
    await here.after(6 * HOUR)
    assert await here.who() == ["ada"]
    here.clock.jump(-2 * HOUR)
    await here.after(3 * HOUR)
    assert await here.heard() == []
    here.clock.jump(300 * DAY)
    await here.posted("p2")
    await here.courier.look()
    assert await here.who() == ["ada"]
    here.clock.jump(-300 * DAY)
    await here.courier.look()
    assert (await here.store.read(digest_of, ada, here.community)).next_at < here.clock.now() + DAY
    assert await here.heard() == []


async def test_a_process_that_dies_while_a_digest_is_made_sends_it_once(here):
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.posted("p1")
    here.clock.advance(6 * HOUR)
    [due] = await here.store.read(due_digests, here.clock.now())
    found = await here.store.read(contents, due)
    here.restart()
    await here.courier.look()
    again = due, due.next_at, due.next_at + DAY, found, "text", (), here.clock.now()
    assert not await here.store.write(digested, *again)
    assert await here.who() == ["ada"]


async def test_a_digest_waits_for_the_end_of_quiet_hours(here):
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.store.write(wish, ada, Wishes(quiet_from=17 * 60, quiet_to=19 * 60))
    await here.posted("p1")
    await here.after(6 * HOUR)
    assert await here.heard() == []
    await here.after(HOUR)
    assert await here.who() == ["ada"]


async def test_a_digest_tells_of_the_boards_that_were_named_and_nothing_that_is_not_shown(here):
    others = await here.store.write(ensure_community, "matrix", "!others", "Others")
    ada, bob, eve = await here.reader("ada"), await here.reader("bob"), await here.reader("eve", others, "matrix")
    await here.digest(ada, "18:00", boards=(here.board,))
    await here.digest(bob, "18:00", boards=(here.board + 1,))
    await here.store.write(keep_digest, eve, others, 18 * 60, DAILY, (), utc(2026, 1, 1, 18))
    await here.posted("p1")
    await here.after(6 * HOUR)
    assert await here.who() == ["ada"]


async def test_who_wants_no_digest_any_more_gets_none(here):
    ada = await here.reader("ada")
    await here.digest(ada, "18:00")
    await here.posted("p1")
    assert await here.store.write(drop_digest, ada, here.community)
    await here.after(6 * HOUR)
    assert await here.heard() == []
