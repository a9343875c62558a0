"""What a reading says about the next one: when it comes, what it is asked with, who is told of what."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import Gone, LoginRejected, NotAllowed, RateLimited, Unreachable
from bot.model import DAY, HOUR, MINUTE
from bot.pace import MISSING, TENTH, WEEK
from bot.store import run
from bot.store.readings import EN_MASSE, GAP_SHOWN, spread
from bot.store.sources import hint
from bot.store.tidying import sweep
from bot.testing.faults import Fault
from tests.crash.bench import NOTICES, Bench
from tests.unit.paper import BOARD, Paper, later, mirror_paper, print_in, read, until_due

FLOOR = 60.0
CEILING = 3600.0


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    one = Bench(tmp_path, forum={"min_interval": FLOOR, "max_interval": CEILING})
    await one.start()
    await one.tell_admins_in(NOTICES)
    yield one
    await one.crash()


@pytest.fixture
async def paper(bench: Bench) -> Paper:
    """A paper that is mirrored and was read once, with one old entry."""
    made = Paper(bench.clock.now)
    made.write("first", age=30 * DAY)
    print_in(bench, made)
    await mirror_paper(bench)
    await later(bench, 0)
    return made


def fail(bench: Bench, paper: Paper, error: Exception, times: int) -> None:
    """Let the next readings fail."""
    real, left = paper.listing, times

    async def failing(*asked: Any) -> Any:
        nonlocal left
        if left:
            left -= 1
            raise error
        return await real(*asked)

    bench.board.listing = failing  # type: ignore[method-assign,assignment]


async def due_in(bench: Bench) -> int:
    [(moment,)] = await bench.ask("SELECT next_at FROM source WHERE kind='board'")
    return int(moment - bench.clock.now())


# ------------------------------------------------------------------------------------------------------------ how often


async def test_a_busy_list_is_read_at_its_floor_and_a_quiet_one_ever_more_rarely(bench, paper):
    """What people wait for and what the host bears are weighed against each other."""
    for number in range(3):
        paper.write(f"busy {number}")
        await until_due(bench)
    assert await due_in(bench) == FLOOR * 1000
    pauses = [await until_due(bench) for _ in range(2000)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == CEILING * 1000


async def test_a_list_that_more_rooms_show_is_read_more_often(bench, paper):
    before = await due_in(bench)
    for channel in ("attic", "notices"):
        await mirror_paper(bench, channel)
    await until_due(bench)
    assert await due_in(bench) < before


async def test_half_of_a_list_is_still_there_at_the_next_reading(bench):
    """Also where other boards of the host are so busy that it would have to stand back behind them."""
    paper = Paper(bench.clock.now, window=4)
    print_in(bench, paper)
    for number in (4, 3, 2, 1):
        paper.write(f"e{number}", age=number * 150 * 1000)
    await mirror_paper(bench)
    await bench.store.write(_board, 0, "SELECT id FROM forum")
    await bench.store.write(run, "UPDATE source SET rate_slow=1e9, next_at=$1 WHERE next_at=1", bench.clock.now() + DAY)
    await later(bench, 0)
    [(pause,)] = await bench.ask("SELECT pause FROM source ORDER BY id LIMIT 1")
    assert pause == 5 * MINUTE


async def test_a_burst_of_long_ago_makes_nobody_ask_often(bench, paper):
    """What stands on a page that does not change grows older, and with it the time that the page lasts."""
    for number in range(12):
        paper.write(f"e{number}")
    await until_due(bench)
    await until_due(bench)
    [(before, first)] = await bench.ask("SELECT reach, slides FROM source")
    await later(bench, DAY)
    [(after, then)] = await bench.ask("SELECT reach, slides FROM source")
    assert after - before >= DAY
    assert then > 10 * first


async def test_a_publisher_that_asks_for_a_pause_gets_it_and_the_list_says_that_it_may_miss_posts(bench):
    """Law 11: who asks for longer wins, and what that costs is said."""
    paper = Paper(bench.clock.now, window=4)
    paper.wait = 1800.0
    print_in(bench, paper)
    for number in (4, 3, 2, 1):
        paper.write(f"e{number}", age=number * 150 * 1000)
    await mirror_paper(bench)
    await later(bench, 0)
    assert await due_in(bench) == 1_800_000
    assert "may miss posts: what it shows may be pushed out within 10 minutes" in (await bench.admin("status")).text
    await until_due(bench)
    assert await due_in(bench) == 1_800_000, "an answer that nothing changed says nothing else about it"


async def test_a_publisher_that_asks_for_a_day_gets_an_hour(bench, paper):
    paper.wait = 86_400.0
    paper.write("news")
    await until_due(bench)
    assert await due_in(bench) == HOUR


async def test_after_a_downtime_very_many_sources_are_read_one_after_another(bench, paper):
    """A thousand lists that are overdue would be a thousand requests without a pause; each has its place instead."""
    forum = "SELECT id FROM forum"
    for number in range(EN_MASSE + 10):
        await bench.store.write(_board, number, forum)
    bench.fake_clock.advance(DAY)
    assert await bench.store.write(spread, "fake", bench.clock.now()) == EN_MASSE + 11
    moments = [moment for (moment,) in await bench.ask("SELECT next_at FROM source ORDER BY next_at")]
    assert len(set(moments)) == len(moments)
    assert all(0 <= moment - bench.clock.now() < HOUR for moment in moments)


def _board(number: int, forum: str) -> Any:
    yield f"INSERT INTO board (forum, key, name) VALUES (({forum}), $1, $1)", (f"b{number}",)
    yield (
        f"""INSERT INTO source (forum, kind, board, next_at, pause)
             VALUES (({forum}), 'board', (SELECT id FROM board WHERE key=$1), 1, 600000)""",
        (f"b{number}",),
    )


async def test_a_few_overdue_sources_and_those_that_are_due_at_once_are_not_spread(bench, paper):
    bench.fake_clock.advance(DAY)
    before = await bench.ask("SELECT next_at FROM source")
    assert await bench.store.write(spread, "fake", bench.clock.now()) == 0
    assert await bench.ask("SELECT next_at FROM source") == before


# ----------------------------------------------------------------------------------------------------------------- push


async def test_a_push_that_was_read_leaves_the_polls_own_time_as_it_was(bench, paper):
    """A hub that pushes again and again would put the poll off for ever, and with it what the hub does not know of."""
    [(own,)] = await bench.ask("SELECT own_at FROM source")
    bench.fake_clock.advance(10_000)
    assert await bench.store.write(hint, "fake", "board", BOARD.key, bench.clock.now())
    await read(bench)
    assert await bench.ask("SELECT next_at, own_at FROM source") == [(own, own)]


async def test_it_is_counted_what_a_push_did_not_tell(bench, paper):
    """A hub that has gone silent is seen by what the polls find before it."""
    paper.write("polled")
    await until_due(bench)
    paper.write("pushed")
    await bench.store.write(hint, "fake", "board", BOARD.key, bench.clock.now() + 1)
    await later(bench, 1)
    assert await bench.ask("SELECT pushed, missed FROM forum") == [(1, 1)]
    assert "1 were pushed, and 1 polled before that" in (await bench.admin("status")).text


# ----------------------------------------------------------------------------------------------------------- validators


async def test_validators_are_sent_as_they_came(bench, paper):
    await until_due(bench)
    assert paper.asked[-1].etag.startswith('"')


async def test_every_tenth_reading_of_a_new_list_is_made_without_validators(bench, paper):
    """That nothing changed is evidence and no proof: some servers say so after an edit. The digest stays."""
    for _ in range(2 * TENTH - 1):
        await until_due(bench)
    without = [number for number, asked in enumerate(paper.asked, 1) if not asked.etag and asked.digest]
    assert without == [TENTH, 2 * TENTH]


async def test_an_old_list_is_read_without_validators_once_a_day(bench, paper):
    await later(bench, 8 * DAY)
    paper.asked.clear()
    end = bench.clock.now() + 3 * DAY
    while bench.clock.now() < end:
        await until_due(bench)
    assert len([asked for asked in paper.asked if not asked.etag]) == 3


async def test_a_server_whose_validators_stay_although_its_text_changes_is_not_sent_them_any_more(bench, paper):
    """WordPress and Isso say "not modified" after an edit; from then on the text itself decides."""
    paper.stuck = True
    paper.write("hidden")
    for _ in range(TENTH):
        await until_due(bench)
    assert any("text of hidden" in message.text for message in bench.room.ours())
    paper.asked.clear()
    await until_due(bench)
    assert [(asked.etag, asked.digest != "") for asked in paper.asked] == [("", True)]
    paper.write("seen at once")
    await until_due(bench)
    assert any("text of seen at once" in message.text for message in bench.room.ours())


async def test_an_honest_server_is_no_liar(bench, paper):
    for number in range(2 * TENTH):
        paper.write(f"e{number}")
        await until_due(bench)
    assert await bench.ask("SELECT lying FROM source") == [(0,)]


# --------------------------------------------------------------------------------------------------------------- errors


async def test_what_fails_is_asked_ever_more_rarely_and_never_given_up(bench, paper):
    fail(bench, paper, Unreachable("down"), 20)
    waits = [await until_due(bench) for _ in range(21)][1:]
    assert waits == sorted(waits)
    assert waits[0] == 22_500
    assert waits[-1] == 6 * HOUR * 3 // 4
    assert [text for text in bench.told() if "down" in text]
    assert "can be reached again" in bench.told()[-1]
    assert len(bench.told()) == 2, "told once at failure and once at recovery"


async def test_a_host_that_asks_for_a_pause_is_asked_more_rarely_for_hours(bench, paper):
    """Who goes on as before is told so again, and shut out in the end."""
    usual = await due_in(bench)
    fail(bench, paper, RateLimited("slow down", 300.0), 1)
    await until_due(bench)
    assert await due_in(bench) == 300_000
    await until_due(bench)
    spared = await due_in(bench)
    assert 1.9 * usual < spared < 2.1 * usual
    assert "2.0 times more rarely" in (await bench.admin("status")).text
    paper.write("old news")
    await later(bench, DAY)
    assert "more rarely" not in (await bench.admin("status")).text


async def test_a_host_that_says_no_more_than_slow_down_is_spared_more_each_time(bench, paper):
    fail(bench, paper, RateLimited("slow down", 0.0), 7)
    waits = [await until_due(bench) for _ in range(8)][1:]
    assert waits[0] == 2 * FLOOR * 1000
    assert waits[-1] > 30 * MINUTE
    assert any("slow down" in text for text in bench.told()), "a host that never answers is told of"


@pytest.mark.parametrize("error", [LoginRejected("no"), NotAllowed("no")])
async def test_a_refusal_is_asked_about_four_hours_later_and_told_once(bench, paper, error):
    fail(bench, paper, error, 3)
    await until_due(bench)
    assert [await until_due(bench) for _ in range(3)] == [4 * HOUR] * 3
    assert len(bench.told()) == 2


async def test_a_list_that_is_not_there_again_and_again_is_asked_for_once_a_week(bench, paper):
    """It may come back, and nobody would look: it is never given up without a word."""
    fail(bench, paper, Gone("404"), MISSING + 2)
    for _ in range(MISSING):
        assert await until_due(bench) < 6 * HOUR
    assert [await until_due(bench), await until_due(bench)] == [WEEK, WEEK]
    assert "The next try is in 7 days" in str(await bench.ask("SELECT text FROM notice"))
    assert await until_due(bench) == WEEK
    assert "can be read again" in bench.told()[-1]
    assert len(bench.told()) == 2


async def test_other_failures_between_make_no_week(bench, paper):
    for number in range(2 * MISSING):
        fail(bench, paper, Unreachable("down") if number % 4 == 3 else Gone("404"), 1)
        assert await until_due(bench) < 6 * HOUR


async def test_a_list_that_is_gone_for_good_is_asked_for_no_more_and_that_is_told(bench, paper):
    fail(bench, paper, Gone("410", final=True), 1)
    await until_due(bench)
    await bench.sender.drain()
    assert await bench.ask("SELECT next_at, error FROM source") == [(None, "410")]
    assert "It is not asked for any more" in bench.told()[-1]
    await sweep(bench.store, bench.clock.now())
    assert "not polled" in (await bench.admin("status")).text
    assert "410" in (await bench.admin("status")).text
    assert len(await bench.ask("SELECT 1 FROM notice WHERE closed_at IS NULL")) == 1, "it lasts while it is mirrored"
    await mirror_paper(bench)
    await later(bench, 0)
    assert "can be read again" in bench.told()[-1]


async def test_a_thread_that_is_gone_for_good_is_deleted_asked_for_no_more_and_told_of(bench):
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)
    gone = Gone("410", final=True)
    bench.board.faults += [Fault(gone, "thread"), Fault(gone, "thread")]
    await later(bench, HOUR)
    await later(bench, MINUTE)
    assert await bench.ask("SELECT next_at, error FROM source") == [(None, "410")]
    assert await bench.ask("SELECT DISTINCT state FROM post") == [("deleted",)]
    assert "It is not asked for any more" in bench.told()[-1]


async def test_a_thread_that_stays_away_is_asked_for_once_a_week_and_seen_when_it_comes_back(bench):
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    await later(bench, 0)
    bench.board.faults += [Fault(Gone("404"), "thread") for _ in range(MISSING)]
    waits = []
    for _ in range(MISSING + 1):
        [(moment,)] = await bench.ask("SELECT next_at FROM source")
        waits.append(moment - bench.clock.now())
        await later(bench, waits[-1])
    assert waits[-1] == WEEK > max(waits[:-1])
    assert await bench.ask("SELECT state, missing FROM post, source") == [("live", 0)]


# ----------------------------------------------------------------------------------------------------------------- gaps


async def test_a_gap_is_told_once_and_shown_for_a_month(bench, paper):
    """Law 11: posts that came and went between two readings are gone; whoever reads here should know."""
    paper.gap = "nothing of the last window is there any more"
    for number in range(3):
        paper.write(f"e{number}")
        await until_due(bench)
    told = [text for text in bench.told() if "may have been missed" in text]
    assert len(told) == 1
    assert paper.gap in told[0]
    assert f"may have missed posts 0 seconds ago: {paper.gap}" in (await bench.admin("status")).text
    paper.gap = ""
    await until_due(bench)
    assert "may have missed" in (await bench.admin("status")).text, "what a list shows later does not fill it"
    bench.fake_clock.advance(GAP_SHOWN)
    await sweep(bench.store, bench.clock.now())
    assert "may have" not in (await bench.admin("status")).text


async def test_a_gap_in_a_thread_ends_when_the_whole_thread_was_read(bench):
    thread = bench.board.start_thread("The thread", "op says")
    await bench.mirror(thread)
    real, gap = bench.board.thread, "the posts between #3 and #20"

    async def page(*asked: Any) -> Any:
        whole = await real(*asked)
        return msgspec.structs.replace(whole, gap=gap, complete=not gap) if whole is not None else None

    bench.board.thread = page
    await later(bench, 0)
    assert gap in (await bench.admin("status")).text
    missed, gap = gap, ""
    bench.board.post(thread, "", "bo", "an answer")
    await later(bench, HOUR)
    assert missed not in (await bench.admin("status")).text
    assert bench.told()[-1].endswith("what may have been missed was read.")


# --------------------------------------------------------------------------------------------------------------- status


async def test_status_tells_how_a_list_is_read_and_how_long_its_posts_take(bench, paper):
    for number in range(20):
        bench.fake_clock.advance(await due_in(bench))
        paper.write(f"e{number}", age=30_000 if number else 50_000)
        await read(bench)
    status = await bench.admin("status")
    assert "read 0 seconds ago, next in 1 minute, every 1 minute" in status.text
    assert "half of its posts were here within 30 seconds, 95 % in 30 seconds" in status.text
    [source] = status.data["sources"]
    assert (source["pause"], source["delay_half"], source["delay_most"]) == (60_000, 30_000, 30_000)
