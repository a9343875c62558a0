"""What an admin hides leaves the community's channels and stays away; other communities go on as they were."""

import pytest

from bot.mirroring import Layout
from bot.model import DAY, Author
from bot.store.communities import ensure_community
from bot.store.discussion import newest, rows_of, unread_posts
from bot.store.hiding import Author as Writer
from bot.store.hiding import (
    author_of,
    authors_called,
    hidden_here,
    hide_author,
    hide_post,
    unhide_author,
    unhide_post,
)
from bot.store.jobs import head
from bot.store.marks import mark_thread
from bot.store.meaning import Found
from bot.store.mirrors import add_mirror
from bot.store.persons import ensure_person
from bot.store.places import ensure_channel
from bot.store.sight import Sight
from bot.store.story import story
from bot.store.unread import unread_boards
from bot.testing.store_rig import answer, op, post

EVE = Author("Eve", "7")


async def shown(house, community=None):
    """The posts of which a message stands in the chat, oldest first."""
    rows = """SELECT p.key FROM copy c JOIN post p ON p.id=c.post JOIN place l ON l.id=c.place WHERE c.taken=0
              AND c.state<>'removed' AND ($1 IS NULL OR l.community=$1)
              AND EXISTS (SELECT 1 FROM copy_message m WHERE m.copy=c.id) ORDER BY c.id"""
    return [key for (key,) in await house.rows(rows, community)]


async def named(house, key):
    """The id of a post."""
    return await house.value("SELECT id FROM post WHERE key=$1", key)


async def hide(house, key, community=None):
    """Ada hides a post."""
    return await house.store.write(hide_post, await named(house, key), community, "Ada", house.now)


async def unhide(house, key):
    """Ada shows it again."""
    return await house.store.write(unhide_post, await named(house, key), None, "Ada", house.now)


async def hide_eve(house, community=None):
    """Ada hides all that Eve writes."""
    return await house.store.write(hide_author, Writer(house.forum, "Eve", "7"), community, "Ada", house.now)


@pytest.fixture
async def talk(house):
    """A thread with a reply, another one by Eve and an answer to that."""
    await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op(), post("p1"), post("p2", author=EVE), answer("p3", "p2"))
    await house.send()
    return house


EVERYTHING = (op(), post("p1"), post("p2", author=EVE), answer("p3", "p2"))


async def test_a_hidden_post_leaves_and_stays_away_whatever_becomes_of_it(talk):
    done = await hide(talk, "p1")
    assert (done.fresh, done.messages) == (True, 1)
    await talk.send()
    assert await shown(talk) == ["p0", "p2", "p3"]
    await talk.read_thread(op(), post("p1", "other words"), *EVERYTHING[2:])
    await talk.send()
    await talk.read_thread(op(), *EVERYTHING[2:])
    await talk.read_thread(*EVERYTHING)
    await talk.send()
    assert await shown(talk) == ["p0", "p2", "p3"]
    assert not (await hide(talk, "p1")).fresh


async def test_a_post_that_waits_is_hidden_before_anybody_sees_it(house):
    await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    assert (await hide(house, "p1")).messages == 0
    await house.send()
    assert await shown(house) == ["p0"]


async def test_what_answers_a_hidden_post_answers_the_nearest_one_that_is_shown(talk):
    await hide(talk, "p2")
    await talk.send()
    await talk.read_thread(*EVERYTHING, answer("p4", "p2"))
    [queue] = [queue for (queue,) in await talk.rows("SELECT queue FROM delivery WHERE state='pending'")]
    job = await talk.store.read(head, queue, talk.now)
    assert (job.answered.exact, job.answered.message) == (False, "m1")


@pytest.mark.parametrize("layout", list(Layout))
async def test_a_hidden_op_is_not_shown_again_by_its_replies(house, layout):
    """They go on where they stand."""
    await house.mirror(layout=layout)
    await house.read_list()
    await house.arrive(op(), post("p1"))
    await house.send()
    await hide(house, "p0")
    await house.send()
    await house.read_thread(op(), post("p1"), post("p2"))
    await house.send()
    assert await shown(house) == ["p1", "p2"]
    assert len({place for (place,) in await house.rows("SELECT place FROM copy WHERE taken=0")}) == 1


async def test_a_post_that_is_shown_again_comes_back_once_at_once(talk):
    await hide(talk, "p1")
    await talk.send()
    done = await unhide(talk, "p1")
    assert (done.fresh, done.messages) == (True, 1)
    await talk.send()
    assert await shown(talk) == ["p0", "p2", "p3", "p1"]
    assert not (await unhide(talk, "p1")).fresh
    await hide(talk, "p1")
    await talk.send()
    assert await shown(talk) == ["p0", "p2", "p3"]


async def test_a_word_that_is_taken_back_before_it_was_heard_changes_nothing(talk):
    await hide(talk, "p1")
    await unhide(talk, "p1")
    await talk.send()
    assert await shown(talk) == ["p0", "p1", "p2", "p3"]


async def test_an_author_is_hidden_from_now_on_and_thirty_days_back(house):
    await house.mirror(layout=Layout.STREAM)
    await house.read_list()
    await house.arrive(op("old", position=0, author=EVE), key="old")
    house.now += 31 * DAY
    await house.arrive(op(), post("p1", author=EVE), post("p2"))
    await house.send()
    assert (await hide_eve(house)).messages == 1
    await house.send()
    assert await shown(house) == ["old", "p0", "p2"]
    renamed = Author("Evelyn", "7")
    await house.read_thread(op(), post("p1", author=EVE), post("p2"), post("p3", author=renamed), post("p4"))
    await house.arrive(op("x0", author=EVE), key="x")
    await house.read_thread(op("x0", author=EVE), post("x1"), key="x")
    await house.send()
    assert await shown(house) == ["old", "p0", "p2", "p4"]


async def test_an_author_that_is_shown_again_is_shown_from_then_on(talk):
    await hide_eve(talk)
    await talk.send()
    [eve] = await talk.store.read(authors_called, "eve", None)
    assert (await talk.store.write(unhide_author, eve, None, "Ada", talk.now)).fresh
    await talk.read_thread(*EVERYTHING, post("p4", author=EVE))
    await talk.send()
    assert await shown(talk) == ["p0", "p1", "p3", "p4"]


async def test_somebody_of_the_same_name_on_another_account_is_somebody_else(talk):
    await hide_eve(talk)
    await talk.read_thread(*EVERYTHING, post("p4", author=Author("Eve", "8")))
    await talk.send()
    assert "p4" in await shown(talk)


async def test_one_community_hides_for_itself_alone(talk):
    other = await talk.store.write(ensure_community, "web", "other", "other")
    place = await talk.store.write(ensure_channel, other, "web", "attic", "attic")
    await talk.store.write(add_mirror, other, talk.board, None, place, "stream", "all", "Bea", talk.now)
    await talk.read_thread(*EVERYTHING, post("p4"), post("p5", author=EVE))
    await talk.send()
    await hide(talk, "p4", talk.community)
    await hide_eve(talk, talk.community)
    await talk.send()
    assert await shown(talk, other) == ["p4", "p5"]
    assert await shown(talk, talk.community) == ["p0", "p1", "p3"]
    assert await talk.store.read(hidden_here, other) == []
    assert len(await talk.store.read(hidden_here, talk.community)) == 2
    told = await talk.store.read(story, Found("post", await named(talk, "p4")), other, talk.now)
    assert "Ada" not in str(told)


async def test_why_says_who_hid_it(talk):
    await hide(talk, "p1")
    await hide_eve(talk)
    assert "Ada hid it" in str(await talk.store.read(story, Found("post", await named(talk, "p1")), None, talk.now))
    eves = str(await talk.store.read(story, Found("post", await named(talk, "p2")), None, talk.now))
    assert "Ada hid all that its author writes" in eves


async def test_the_audit_says_who_hid_what_and_who_showed_it_again(talk):
    await hide(talk, "p1")
    await unhide(talk, "p1")
    id = await named(talk, "p1")
    assert await talk.rows("SELECT who, what, old, new FROM audit WHERE what LIKE '%post%' ORDER BY id") == [
        ("Ada", f"post {id} by Ada hidden", "shown", "hidden"),
        ("Ada", f"post {id} by Ada shown again", "hidden", "shown"),
    ]
    assert await talk.store.read(author_of, id) == Writer(talk.forum, "Ada")


async def test_readers_of_the_community_are_not_shown_what_is_hidden(talk):
    """Neither counted nor listed; to readers of another community it is there."""
    other = await talk.store.write(ensure_community, "web", "other", "other")
    place = await talk.store.write(ensure_channel, other, "web", "attic", "attic")
    await talk.store.write(add_mirror, other, talk.board, None, place, "stream", "all", "Bea", talk.now)
    reader = await talk.store.write(ensure_person, "web", "u1", "Zoe", talk.now)
    thread = await talk.value("SELECT id FROM thread WHERE key='t'")
    await hide(talk, "p1", talk.community)
    await hide_eve(talk, talk.community)
    for community, keys in ((talk.community, ["p0", "p3"]), (other, ["p0", "p1", "p2", "p3"])):
        [news] = await talk.store.read(unread_boards, reader, Sight(community))
        assert [(one.unread, one.id) for one in news.threads] == [(len(keys), thread)]
        posts = await talk.store.read(unread_posts, reader, thread, None, community)
        assert [await talk.value("SELECT key FROM post WHERE id=$1", one.id) for one in posts] == keys
        stars = await talk.store.read(newest, thread, 9, community)
        assert len(stars) == len(keys)
        rows = await talk.store.read(rows_of, thread, community)
        assert sum(row.live for row in rows) == len(keys)
        assert ("Eve" in {row.author for row in rows}) is (community == other)


async def test_a_thread_of_which_only_hidden_posts_are_new_is_in_no_list(talk):
    reader = await talk.store.write(ensure_person, "web", "u1", "Zoe", talk.now)
    thread = await talk.value("SELECT id FROM thread WHERE key='t'")
    top = await talk.value("SELECT next_seq-1 FROM forum")
    await talk.store.write(mark_thread, reader, thread, top)
    await talk.read_thread(*EVERYTHING, post("p4", author=EVE))
    assert await talk.store.read(unread_boards, reader, Sight(talk.community)) != []
    await hide_eve(talk)
    assert await talk.store.read(unread_boards, reader, Sight(talk.community)) == []
