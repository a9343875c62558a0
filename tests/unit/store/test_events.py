"""What befell a thread stands among its posts and is no reply: nobody counts it, and nobody has it unread."""

import pytest

from bot.mirroring import Act, Options
from bot.model import MINUTE, Parent, ParentState, PostKey, PostState
from bot.store.choosing import open_floods
from bot.store.jobs import one_job
from bot.testing.store_rig import answer, listed, op, post

MANY = 30


def event(key, words="closed the thread", **cells):
    return post(key, words, event=True, **cells)


@pytest.fixture
async def told(mirrored):
    """A thread that is shown, and then was closed."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1"), event("p2"))
    return mirrored


async def test_an_event_is_shown_where_the_replies_stand(told):
    assert await told.owed() == [("create", "p2", "thread")]


async def test_an_event_is_nothing_unread(told):
    """Law 8: it counts as a dead post, and the newest live post is the reply before it."""
    assert await told.counts() == [(1, 2)]


@pytest.mark.parametrize("state", [PostState.DELETED, PostState.HIDDEN])
async def test_an_event_that_goes_and_comes_back_is_counted_dead_once(told, state):
    await told.read_thread(op(), post("p1"), event("p2", state=state))
    assert await told.counts() == [(1, 2)]
    await told.read_thread(op(), post("p1"), event("p2", "opened the thread"))
    assert await told.counts() == [(1, 2)]


async def test_an_event_that_moves_is_counted_dead_in_both_threads(told):
    await told.arrive(op("q0"), key="u")
    await told.read_thread(op("q0"), event("p2"), key="u")
    assert await told.counts() == [(1, 2), (1, 4)]


async def test_an_edited_event_is_edited_in_place_and_a_deleted_one_is_buried(told):
    await told.send()
    await told.read_thread(op(), post("p1"), event("p2", "closed the thread for a week"))
    assert await told.owed() == [("edit", "p2", "thread")]
    await told.send()
    await told.read_thread(op(), post("p1"))
    assert await told.owed() == [("delete", "p2", "thread")]


async def test_events_are_no_news_by_which_a_source_is_judged_fast(told):
    """A thread whose closing is told thirty times is not asked every minute, and no flood."""
    told.now += 15 * MINUTE
    result = await told.read_thread(op(), post("p1"), *(event(f"p{n}") for n in range(2, MANY + 2)))
    assert (result.added, result.news) == (MANY - 1, 0)
    assert await told.store.read(open_floods, None) == []
    assert len(await told.owed()) == MANY


async def test_events_do_not_count_among_what_came_at_once(told):
    told.now += 15 * MINUTE
    replies = [post(f"p{n}") for n in range(3, MANY + 3)]
    await told.read_thread(op(), post("p1"), event("p2"), *replies, event("p99"))
    assert [flood.posts for flood in await told.store.read(open_floods, None)] == [MANY]


async def test_who_answers_an_event_answers_the_thread(told):
    """A reply that the forum shows under it stands under the OP."""
    await told.send()
    await told.read_thread(op(), post("p1"), event("p2"), answer("p3", "p2"))
    [[delivery]] = await told.rows("SELECT id FROM delivery WHERE state='pending'")
    answered = (await told.store.read(one_job, delivery)).answered
    assert (answered.number, answered.message) == ("OP", "")
    assert answered.parent == await told.value("SELECT id FROM post WHERE key='p0'")


async def test_an_event_answers_nobody(told):
    await told.read_thread(op(), post("p1"), event("p3", parent=Parent(ParentState.KNOWN, PostKey("p1"))))
    [*_, [delivery]] = await told.rows("SELECT id FROM delivery WHERE act='create' ORDER BY id")
    assert (await told.store.read(one_job, delivery)).answered.message == ""


async def test_a_thread_of_which_nothing_but_events_is_left_has_no_replies(mirrored):
    """A deleted OP stands as a tombstone for its live replies alone."""
    await mirrored.arrive(op(), event("p1"))
    await mirrored.read_thread(op(state=PostState.DELETED), event("p1"))
    [[delivery]] = await mirrored.rows(
        "SELECT d.id FROM delivery d JOIN post p ON p.id=d.subject_id WHERE p.key='p0' AND d.act='create'"
    )
    job = await mirrored.store.read(one_job, delivery)
    assert job.post is not None
    assert (job.act, job.post.live_replies) == (Act.CREATE, 0)


async def test_a_mirror_of_ops_alone_shows_no_events(house):
    await house.mirror(options=Options(with_replies=False))
    await house.read_list()
    await house.arrive(op(), event("p1"))
    assert await house.owed() == [("create", "p0", "channel")]


async def test_events_that_were_there_before_the_board_was_read_are_back_filled_by_their_date(mirrored):
    """The forum's own count of replies says nothing about them."""
    await mirrored.read_list(listed("u"))
    result = await mirrored.read_thread(op("q0"), event("q1"), post("q2"), key="u")
    assert result.added == 3
