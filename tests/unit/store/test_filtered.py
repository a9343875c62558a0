"""What filters leave out is not owed, what they let through later is, and what stands stays."""

import pytest

from bot.mirroring import Layout, Options
from bot.model import UNKNOWN, Author, PostState, Thread, ThreadKey
from bot.store.forums import forget_older
from bot.store.jobs import head
from bot.store.options import set_options
from bot.store.unmirror import remove_mirror
from bot.testing.store_rig import BOARD, answer, op, post

NO_SPAM = Options(not_words=("spam",))
CATS = Options(words=("cats",))


async def filtered(house, options, layout=Layout.THREADS):
    """The board, mirrored with options and read when it was empty."""
    await house.mirror(options=options, layout=layout)
    await house.read_list()
    return house


async def test_a_post_that_is_left_out_is_not_owed(house):
    await filtered(house, NO_SPAM)
    await house.arrive(op(), post("p1", "spam"), post("p2"))
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p2", "thread")]


async def test_an_op_that_is_left_out_takes_its_replies_with_it(house):
    await filtered(house, NO_SPAM)
    await house.arrive(op("p0", "spam"), post("p1"))
    await house.read_thread(op("p0", "spam"), post("p1"), post("p2"))
    assert await house.owed() == []


async def test_threads_are_chosen_by_their_op(house):
    await filtered(house, CATS)
    await house.arrive(op("p0", "about cats"), post("p1", "dogs"), key="t")
    await house.arrive(op("q0", "about dogs"), post("q1", "cats"), key="u")
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p1", "thread")]


async def test_threads_are_chosen_by_their_tags(house):
    await filtered(house, Options(tags=("pets",)))
    for key, tags in ("t", ("Pets",)), ("u", ()):
        thread = Thread(ThreadKey(key), "A thread", board=BOARD, tags=tags, token="1")
        await house.read_list(thread)
        await house.read_thread(op(f"{key}0"), key=key)
    assert await house.owed() == [("create", "t0", "channel")]


async def test_only_ops_may_be_shown(house):
    await filtered(house, Options(with_replies=False))
    await house.arrive(op(), post("p1"))
    assert await house.owed() == [("create", "p0", "channel")]


async def test_another_mirror_of_the_channel_may_let_it_through(house):
    """The oldest that accepts a post shows it, and the next one what that leaves out."""
    await house.mirror(options=NO_SPAM)
    await house.read_list()
    await house.arrive(op(), post("p1", "spam"))
    [[thread]] = await house.rows("SELECT id FROM thread")
    await house.mirror(thread=thread)
    await house.read_thread(op(), post("p1", "spam"), post("p2", "spam"))
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p2", "thread")]


# ---------------------------------------------------------------------------------------------------------------- edits


async def test_an_edit_that_makes_a_post_acceptable_shows_it(house):
    await filtered(house, NO_SPAM)
    await house.arrive(op(), post("p1", "spam"))
    await house.send()
    await house.read_thread(op(), post("p1", "ham"))
    assert await house.owed() == [("create", "p1", "thread")]


async def test_an_edit_of_an_op_shows_its_replies_too(house):
    """It decided against them."""
    await filtered(house, CATS)
    await house.arrive(op("p0", "dogs"), post("p1"), post("p2"))
    await house.read_thread(op("p0", "cats"), post("p1"), post("p2"))
    assert await house.owed() == [
        ("create", "p0", "channel"),
        ("create", "p1", "thread"),
        ("create", "p2", "thread"),
    ]


async def test_what_stands_stays_whatever_it_says_later(house):
    await filtered(house, NO_SPAM)
    await house.arrive(op(), post("p1"))
    await house.send()
    await house.read_thread(op(), post("p1", "spam"))
    assert await house.owed() == [("edit", "p1", "thread")]


async def test_what_is_still_owed_is_not_any_more_when_it_is_left_out(house):
    await filtered(house, NO_SPAM)
    await house.arrive(op(), post("p1"))
    await house.read_thread(op(), post("p1", "spam"))
    await house.send()
    assert await house.copies() == [("p0", 1, "shown", 0)]
    reasons = await house.rows("SELECT reason FROM delivery WHERE state='dropped' AND act='create'")
    assert reasons == [("left out by mirror 1: it holds “spam”",)]


@pytest.mark.parametrize("layout", Layout)
async def test_an_op_that_is_left_out_before_it_is_sent_takes_its_replies_with_it(house, layout):
    """They would come into the channel without what they answer."""
    await filtered(house, NO_SPAM, layout)
    await house.arrive(op(), post("p1"))
    await house.read_thread(op("p0", "spam"), post("p1"))
    await house.send()
    assert await house.copies() == []


async def test_a_text_that_is_not_seen_yet_waits_until_it_is(house):
    await filtered(house, NO_SPAM)
    await house.arrive(op(), post("p1", body=UNKNOWN), post("p2", body=UNKNOWN))
    assert await house.owed() == [("create", "p0", "channel")]
    await house.read_thread(op(), post("p1", "spam"), post("p2", "ham"))
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p2", "thread")]


# -------------------------------------------------------------------------------------------------- texts that are gone


async def test_the_thread_of_a_deleted_op_goes_on(house):
    """Its text left the database, and with it the word by which it was chosen."""
    await filtered(house, CATS)
    await house.arrive(op("p0", "cats"), post("p1"))
    await house.send()
    gone = op("p0", "", state=PostState.DELETED)
    await house.read_thread(gone, post("p1"))
    await house.send()
    assert await house.rows("SELECT body FROM post WHERE op=1") == [("",)]
    await house.read_thread(gone, post("p1"), post("p2"))
    assert await house.owed() == [("create", "p2", "thread")]


async def test_an_old_text_that_left_leaves_its_thread_out_where_it_never_stood(house):
    await filtered(house, CATS)
    await house.arrive(op("p0", "dogs"))
    await house.store.write(forget_older, house.now + 1)
    await house.read_thread(op("p0", "dogs"), post("p1"))
    assert await house.owed() == []


# -------------------------------------------------------------------------------------------------------------- answers


async def test_a_reply_to_what_is_left_out_answers_the_nearest_that_stands(house):
    """And says so: "in reply to #n"."""
    await filtered(house, NO_SPAM)
    await house.arrive(op(), answer("p1", "p0"), answer("p2", "p1", words="spam", number=2), answer("p3", "p2"))
    await house.send()
    await house.read_thread(
        op(), answer("p1", "p0"), answer("p2", "p1", words="spam", number=2), answer("p3", "p2"), answer("p4", "p2")
    )
    [[queue]] = await house.rows("SELECT queue FROM delivery WHERE state='pending'")
    job = await house.store.read(head, queue, house.now)
    [[first]] = await house.rows(
        "SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post p ON p.id=c.post WHERE p.key='p1'"
    )
    assert (job.answered.message, job.answered.exact, job.answered.number) == (first, False, "#2")


# -------------------------------------------------------------------------------------------------------------- changes


async def test_other_filters_hold_for_what_waits(house):
    """An admin who sees spam coming wants it stopped now."""
    mirror = (await house.mirror(), await house.read_list())[0]
    await house.arrive(op(), post("p1", "spam"), post("p2"))
    await house.store.write(set_options, mirror, NO_SPAM, house.community, "Ada", house.now)
    await house.send()
    assert [key for key, *_ in await house.copies()] == ["p0", "p2"]
    assert await house.rows("SELECT what, old, new FROM audit ORDER BY id DESC LIMIT 1") == [
        ("options of mirror 1 changed", "everything is shown", "not words: spam")
    ]


async def test_options_that_are_given_again_change_nothing(house):
    mirror = await house.mirror(options=NO_SPAM)
    before = await house.value("SELECT count(*) FROM audit")
    await house.store.write(set_options, mirror, NO_SPAM, house.community, "Ada", house.now)
    assert await house.value("SELECT count(*) FROM audit") == before


async def test_what_waits_ends_with_the_mirror_that_let_it_through(house):
    """The one that is left covers it and leaves it out."""
    await house.mirror(options=NO_SPAM)
    await house.read_list()
    await house.arrive(op())
    await house.send()
    [[thread]] = await house.rows("SELECT id FROM thread")
    second = await house.mirror(thread=thread)
    await house.read_thread(op(), post("p1", "spam"), post("p2"))
    await house.store.write(remove_mirror, second, house.community, "Ada", house.now)
    assert await house.owed() == [("create", "p2", "thread")]


async def test_authors_are_known_by_name_and_id(house):
    await filtered(house, Options(not_authors=("eve", "u7")))
    await house.arrive(op(), post("p1", author=Author("Eve")), post("p2", author=Author("Bo", "u7")), post("p3"))
    assert await house.owed() == [("create", "p0", "channel"), ("create", "p3", "thread")]


async def test_each_mirror_judges_for_its_own_channel(house):
    await filtered(house, CATS)
    await house.mirror("library", options=Options(words=("dogs",)))
    await house.arrive(op("p0", "cats and dogs"), key="t")
    await house.arrive(op("q0", "dogs"), key="u")
    rows = """SELECT l.label, p.key FROM delivery d JOIN place l ON l.id=d.channel JOIN post p ON p.id=d.subject_id
              ORDER BY 1, 2"""
    assert await house.rows(rows) == [("library", "p0"), ("library", "q0"), ("lounge", "p0")]
