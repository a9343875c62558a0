"""What a page is turned into: numbers, bookkeeping and deliveries, all in one commit."""

import msgspec
import pytest

from bot.changes import RESURFACED
from bot.mirroring import Act, Layout
from bot.model import UNKNOWN, Body, BodyState, Bookmark, Damaged, PostState, at
from bot.store import run
from bot.store.forums import forget_older
from bot.store.ingest import ingest_thread
from bot.store.sources import source
from bot.testing.store_rig import BEGINNING, answer, listed, op, post

# -------------------------------------------------------------------------------------------------------------- numbers


async def test_posts_of_a_threads_first_reading_are_numbered_down_from_nought(house):
    """Back-filled posts take no number that a mark could cover: they are never new."""
    await house.read_thread(op(), post("p1"), post("p2"))
    assert await house.numbers() == [("p0", 0, 0), ("p1", -1, -1), ("p2", -2, -2)]
    assert await house.value("SELECT next_seq FROM forum") == 1


async def test_posts_that_arrive_later_are_numbered_up_from_one(house):
    await house.read_thread(op(), post("p1"))
    await house.read_thread(op(), post("p1"), post("p2"), post("p3"))
    assert (await house.numbers())[2:] == [("p2", 1, 1), ("p3", 2, 2)]


async def test_arrival_order_runs_over_all_threads_and_numbers_in_each(mirrored):
    await mirrored.arrive(op(), key="t")
    await mirrored.arrive(op("q0"), post("q1"), key="u")
    await mirrored.read_thread(op(), post("p1"), key="t")
    assert await mirrored.numbers("t") == [("p0", 1, 1), ("p1", 2, 4)]
    assert await mirrored.numbers("u") == [("q0", 1, 2), ("q1", 2, 3)]


async def test_a_thread_that_comes_up_later_has_arrived_from_its_op_on(mirrored):
    await mirrored.arrive(op(), post("p1"))
    assert await mirrored.numbers() == [("p0", 1, 1), ("p1", 2, 2)]


async def test_an_old_thread_that_resurfaces_is_no_news_but_for_its_new_posts(mirrored):
    """Law 8: the list shows the newest threads only, so an old one comes up when somebody answers it."""
    then = at(BEGINNING - RESURFACED - 1)
    await mirrored.arrive(op(created=then), post("p1", created=then), post("p2"))
    assert await mirrored.numbers() == [("p0", 0, 0), ("p1", -1, -1), ("p2", 1, 1)]
    assert await mirrored.owed() == [("create", "p0", "channel"), ("create", "p2", "thread")]


async def test_a_post_whose_date_is_only_roughly_known_counts_as_new(mirrored):
    """A new post that is not shown is worse than an old one that is."""
    rough = msgspec.structs.replace(at(0), latest=BEGINNING)
    await mirrored.arrive(op(created=rough))
    assert await mirrored.numbers() == [("p0", 1, 1)]


async def test_a_first_reading_of_several_pages_is_back_filled_to_its_end(house):
    await house.read_thread(op(), complete=False, more=True, bookmark=Bookmark(cursor="page 2"))
    await house.read_thread(post("p1"), complete=False)
    await house.read_thread(post("p2"), complete=False)
    assert [n for _, n, _ in await house.numbers()] == [0, -1, 1]


async def test_numbers_are_given_parents_first(house):
    await house.read_thread(answer("p1", "p2"), answer("p2", "p0"), op("p0", position=9))
    assert [key for key, _, _ in await house.numbers()] == ["p0", "p2", "p1"]


async def test_a_reading_that_changes_nothing_stores_nothing(mirrored):
    await mirrored.arrive(op(), post("p1"))
    before = await mirrored.numbers(), await mirrored.owed(), await mirrored.value("SELECT changed_at FROM thread")
    mirrored.now += 1000
    result = await mirrored.read_thread(op(), post("p1"))
    assert (result.added, result.edited, result.deleted, result.owed) == (0, 0, 0, 0)
    assert (
        await mirrored.numbers(),
        await mirrored.owed(),
        await mirrored.value("SELECT changed_at FROM thread"),
    ) == before


async def test_a_damaged_item_is_kept_once_and_stops_nothing(house):
    damage = (Damaged("no author", b"<div>", "p1"),)
    for _ in range(2):
        await house.read_thread(op(), damaged=damage)
    assert await house.rows("SELECT key, why, sample FROM damaged") == [("p1", "no author", b"<div>")]
    assert len(await house.numbers()) == 1


async def test_what_is_kept_of_a_damaged_post_leaves_when_it_was_read_whole(house):
    """`status` would report for ever what is in order."""
    await house.read_thread(op(), damaged=(Damaged("no author", b"<div>", "p1"), Damaged("odd", b"<p>")))
    await house.read_thread(op(), post("p1", body=UNKNOWN), complete=False)
    assert await house.value("SELECT count(*) FROM damaged") == 2
    await house.read_thread(op(), post("p1"), complete=False)
    assert await house.rows("SELECT key FROM damaged") == [("",)]
    await house.read_thread(op(), post("p1"))
    assert await house.rows("SELECT key FROM damaged") == []


async def test_a_post_that_is_damaged_again_stays_kept(house):
    await house.read_thread(op(), damaged=(Damaged("no author", b"<div>", "p1"),))
    await house.read_thread(op(), damaged=(Damaged("no author", b"<div>", "p1"),))
    assert await house.rows("SELECT key FROM damaged") == [("p1",)]


# ------------------------------------------------------------------------------------------------------- dead and alive


async def test_a_deleted_post_is_counted_and_is_not_the_newest_any_more(mirrored):
    """Unread counts come from `seq` and `dead` alone: posting and deleting cost nothing for each reader."""
    await mirrored.arrive(op(), post("p1"), post("p2"))
    assert await mirrored.counts() == [(0, 3)]
    await mirrored.read_thread(op(), post("p1"))
    assert await mirrored.counts() == [(1, 2)]
    assert await mirrored.rows("SELECT n FROM post_dead") == [(3,)]


async def test_deleting_an_older_post_leaves_the_newest(mirrored):
    await mirrored.arrive(op(), post("p1"), post("p2"))
    await mirrored.read_thread(op(), post("p2"))
    assert await mirrored.counts() == [(1, 3)]


async def test_a_post_that_stands_again_has_its_old_numbers(mirrored):
    await mirrored.arrive(op(), post("p1"), post("p2"))
    numbers = await mirrored.numbers()
    await mirrored.read_thread(op(), post("p1"))
    await mirrored.read_thread(op(), post("p1"), post("p2"))
    assert await mirrored.counts() == [(0, 3)]
    assert await mirrored.rows("SELECT n FROM post_dead") == []
    assert await mirrored.numbers() == numbers


async def test_back_filled_posts_are_never_the_newest(house):
    await house.read_thread(op(), post("p1"))
    assert await house.counts() == [(0, 0)]
    await house.read_thread(op(), post("p1"), post("p2"))
    await house.read_thread(op(), post("p1"))
    assert await house.counts() == [(1, 0)]


async def test_a_post_that_comes_deleted_is_dead_from_the_beginning(mirrored):
    await mirrored.arrive(op(), post("p1", state=PostState.DELETED))
    assert await mirrored.counts() == [(1, 1)]
    assert [key for key, _, _ in await mirrored.numbers()] == ["p0", "p1"]
    await mirrored.read_thread(op(), post("p1"))
    assert await mirrored.counts() == [(0, 2)]


async def test_a_thread_of_which_everything_is_deleted_has_no_newest_post(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.read_thread()
    assert await mirrored.counts() == [(2, 0)]


# ----------------------------------------------------------------------------------------------------------- deliveries


async def test_posts_and_deliveries_come_in_one_commit(mirrored):
    """Law 1. What fails leaves neither."""
    await mirrored.read_list(listed("t"))
    await mirrored.store.write(run, "CREATE TRIGGER no BEFORE INSERT ON delivery BEGIN SELECT RAISE(FAIL, 'no'); END")
    with pytest.raises(Exception, match="no"):
        await mirrored.read_thread(op(), post("p1"))
    assert await mirrored.numbers() == []
    await mirrored.store.write(run, "DROP TRIGGER no")
    await mirrored.read_thread(op(), post("p1"))
    assert len(await mirrored.owed()) == 2


async def test_turns_are_given_in_arrival_order(mirrored):
    await mirrored.arrive(op(), answer("p2", "p0"), answer("p1", "p2"), post("p3"))
    rows = """SELECT p.key, d.ord FROM delivery d JOIN post p ON p.id=d.subject_id JOIN place l ON l.id=d.queue
              WHERE l.parent IS NOT NULL ORDER BY d.ord"""
    assert await mirrored.rows(rows) == [("p2", 1), ("p1", 2), ("p3", 3)]


async def test_each_channel_gets_its_own_deliveries(house):
    await house.mirror("lounge")
    await house.mirror("library", Layout.STREAM)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    assert await house.owed() == [
        ("create", "p0", "channel"),
        ("create", "p0", "channel"),
        ("create", "p1", "channel"),
        ("create", "p1", "thread"),
    ]


async def test_a_second_equal_reading_owes_nothing(mirrored):
    await mirrored.arrive(op(), post("p1"))
    for _ in range(2):
        before = await mirrored.value("SELECT count(*) FROM delivery")
        await mirrored.read_thread(op(), post("p1"))
        assert await mirrored.value("SELECT count(*) FROM delivery") == before
        await mirrored.send()
    assert await mirrored.owed() == []


async def test_an_edit_goes_to_where_the_post_stands(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1", "other words"))
    assert await mirrored.owed() == [("edit", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 2, "shown", 0)]


async def test_an_edit_of_what_is_still_owed_comes_behind_it_and_needs_no_act(mirrored):
    """The create is rendered when its turn comes: it shows the newest words already."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.read_thread(op(), post("p1", "other words"))
    assert await mirrored.owed() == [("create", "p0", "channel"), ("create", "p1", "thread"), ("edit", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.owed("dropped") == [("edit", "p1", "thread")]
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 2, "shown", 0)]


async def test_a_text_seen_later_fills_its_copy_in(mirrored):
    await mirrored.arrive(op(), post("p1", body=UNKNOWN))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1", "the text"))
    assert await mirrored.owed() == [("edit", "p1", "thread")]


async def test_a_deletion_becomes_a_tombstone_in_place(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.read_thread(op())
    assert await mirrored.owed() == [("delete", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 2, "tombstone", 0)]


async def test_a_post_that_stands_again_is_shown_again_in_place(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    await mirrored.read_thread(op())
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1"))
    assert await mirrored.owed() == [("edit", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0), ("p1", 3, "shown", 0)]


async def test_a_reply_deleted_before_it_was_sent_is_never_sent(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.read_thread(op())
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 1, "shown", 0)]


async def test_an_op_deleted_before_it_was_sent_becomes_a_tombstone_over_its_replies(mirrored):
    await mirrored.arrive(op(), post("p1"))
    await mirrored.read_thread(op(state=PostState.DELETED), post("p1"))
    await mirrored.send()
    assert await mirrored.copies() == [("p0", 2, "tombstone", 0), ("p1", 1, "shown", 0)]


async def test_a_post_that_came_deleted_is_shown_when_it_stands(mirrored):
    await mirrored.arrive(op(), post("p1", state=PostState.HIDDEN))
    assert await mirrored.owed() == [("create", "p0", "channel")]
    await mirrored.read_thread(op(), post("p1"))
    assert await mirrored.owed() == [("create", "p0", "channel"), ("create", "p1", "thread")]


# ----------------------------------------------------------------------------------------------------- texts that leave


async def test_the_text_of_a_deleted_post_leaves_with_its_tombstone(mirrored):
    """Law 10; not before, because the tombstone may be held up."""
    await mirrored.arrive(op(), post("p1", "secret words", title="secret title"))
    await mirrored.send()
    await mirrored.read_thread(op())
    assert await mirrored.rows("SELECT body, title FROM post WHERE key='p1'") == [("secret words", "secret title")]
    await mirrored.send()
    assert await mirrored.rows("SELECT body, title FROM post WHERE key='p1'") == [("", "")]


async def test_the_title_of_a_title_only_post_leaves_too(mirrored):
    """It is all the text there is of such a post."""
    await mirrored.arrive(op(), post("p1", body=Body(BodyState.EMPTY), title="secret title (n/t)"))
    await mirrored.send()
    await mirrored.read_thread(op())
    await mirrored.send()
    assert await mirrored.rows("SELECT body, title FROM post WHERE key='p1'") == [("", "")]


async def test_the_text_of_a_deleted_post_that_stands_nowhere_leaves_at_once(house):
    await house.read_thread(op(), post("p1", "secret words"))
    await house.read_thread(op())
    assert await house.rows("SELECT body FROM post WHERE key='p1'") == [("",)]


async def test_the_text_leaves_when_its_tombstone_is_refused(mirrored):
    await mirrored.arrive(op(), post("p1", "secret words"))
    await mirrored.send()
    await mirrored.read_thread(op())
    await mirrored.send(refuse=[(Act.DELETE, "p1")])
    assert await mirrored.rows("SELECT body FROM post WHERE key='p1'") == [("",)]


async def test_the_text_of_a_hidden_post_stays(mirrored):
    """It may be shown again, and the page will not bring its words while it is hidden."""
    await mirrored.arrive(op(), post("p1", "words"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1", state=PostState.HIDDEN))
    await mirrored.send()
    assert await mirrored.rows("SELECT body FROM post WHERE key='p1'") == [("words",)]


async def test_the_text_of_a_hidden_post_leaves_when_it_is_deleted(mirrored):
    """Law 10. It is one dead post all the time."""
    await mirrored.arrive(op(), post("p1", "secret words"))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1", state=PostState.HIDDEN))
    await mirrored.send()
    await mirrored.read_thread(op(), post("p1", state=PostState.DELETED))
    assert await mirrored.owed() == [("delete", "p1", "thread")]
    await mirrored.send()
    assert await mirrored.rows("SELECT state, body FROM post WHERE key='p1'") == [("deleted", "")]
    assert await mirrored.counts() == [(1, 1)]


SIGNED = "Look: https://files.example/kite.png?Expires=1&Signature={}"


async def test_an_address_that_is_signed_anew_is_stored_and_owed_to_nobody(mirrored):
    """Its file can be had under the newest address alone; readers see no difference."""
    await mirrored.arrive(op(words=SIGNED.format("a")))
    await mirrored.send()
    changed = await mirrored.value("SELECT changed_at FROM thread")
    mirrored.now += 1000
    result = await mirrored.read_thread(op(words=SIGNED.format("b")))
    assert (result.edited, result.owed) == (0, 0)
    assert await mirrored.rows("SELECT body, revision FROM post") == [(SIGNED.format("b"), 1)]
    assert (await mirrored.owed(), await mirrored.value("SELECT changed_at FROM thread")) == ([], changed)


async def test_a_text_that_left_the_database_does_not_come_back_with_a_fresh_address(mirrored):
    """Law 10: retention is a setting."""
    await mirrored.arrive(op(words=SIGNED.format("a")))
    await mirrored.send()
    assert await mirrored.store.write(forget_older, mirrored.now + 1) == 1
    await mirrored.read_thread(op(words=SIGNED.format("b")))
    assert await mirrored.rows("SELECT body FROM post") == [("",)]


async def test_a_page_that_is_given_does_not_stop_the_reading_of_its_thread(house):
    """Somebody mirrors a saved page of a thread that is followed already: it is followed as before."""
    await house.read_thread(op(), bookmark=Bookmark(cursor="here"))
    before = await house.rows("SELECT next_at, cursor FROM source WHERE kind='thread'")
    assert before[0][0] is not None

    def given():
        [[id]] = yield "SELECT id FROM source WHERE kind='thread'", ()
        reader = yield from source(id)
        return (yield from ingest_thread(reader, house.page(op(), post("p1")), None, house.now))

    assert (await house.store.write(given)).added == 1
    assert await house.rows("SELECT next_at, cursor FROM source WHERE kind='thread'") == before
