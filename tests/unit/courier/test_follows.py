"""News of threads that are followed: once, together, when it is time, and to nobody else."""

from __future__ import annotations

from bot.courier import BATCH
from bot.model import (
    DAY,
    HOUR,
    MINUTE,
    Batch,
    ChannelRef,
    ChatPerson,
    MessageId,
    Offer,
    Said,
    UserId,
    Where,
)
from bot.store.alerts import add_alert
from bot.store.arrivals import AT_ONCE, arrivals, looked_at
from bot.store.communities import ensure_community
from bot.store.discussion import have_read
from bot.store.following import follow, level, mute, unfollow
from bot.store.inbox import receive
from bot.store.marks import mark_thread
from bot.store.mirrors import keep_private
from bot.store.news import news, told
from bot.store.readers import Wishes, wish
from bot.store.unit import Unit
from bot.store.whispers import whispers
from bot.tidings import of_news

LOUNGE = Where(ChannelRef("lounge"))


async def test_news_of_a_thread_that_is_followed_come_together_a_little_later(here):
    """Five posts in a minute are one message."""
    await here.follower("ada")
    await here.posted("p1", words="first of them", author="Bob")
    await here.courier.look()
    assert await here.heard() == []
    here.clock.advance(MINUTE)
    await here.posted("p2", "p3", author="Cy")
    await here.after(MINUTE)
    [(who, text)] = await here.heard()
    assert who == "ada"
    assert "A thread" in text
    assert "3 new posts, by Bob, Cy" in text
    assert "first of them" in text
    assert here.owed_now == 1
    await here.after()
    assert await here.heard() == []


async def test_what_can_be_said_to_news_is_said_by_a_press(here):
    await here.follower("ada")
    await here.posted("p1")
    await here.after()
    upto = await here.value("SELECT next_seq-1 FROM forum")
    [said] = await here.store.read(whispers, "web")
    which = f"thread:{here.thread}"
    assert said.offers == (
        Offer("Mark read", "forum", ("markread", which, "--shown", str(upto))),
        Offer("Mute", "forum", ("mute", which)),
    )


async def test_what_was_there_before_somebody_followed_is_no_news(here):
    await here.posted("p1")
    await here.follower("ada")
    await here.after()
    await here.after()
    assert await here.heard() == []


async def test_what_was_read_meanwhile_is_not_told(here):
    """Who follows a thread often looks at it."""
    ada = await here.follower("ada")
    await here.posted("p1")
    await here.courier.look()
    await here.store.write(mark_thread, ada, here.thread, await here.value("SELECT next_seq-1 FROM forum"))
    await here.after()
    assert await here.heard() == []


async def test_nobody_is_told_of_what_they_wrote_themselves(here):
    """A post that a reply of theirs became is read by them (`signals`)."""
    ada = await here.follower("ada")
    await here.posted("p1", author="Ada")
    await here.store.write(have_read, ada, [await here.value("SELECT id FROM post WHERE key='p1'")])
    await here.posted("p2", words="an answer", author="Bob")
    await here.after()
    [(_, text)] = await here.heard()
    assert "1 new post, by Bob" in text


async def test_a_thread_that_is_muted_is_told_of_to_nobody(here):
    """A mute beats a follow, and words."""
    ada = await here.follower("ada")
    await here.store.write(add_alert, ada, here.community, "words")
    await here.posted("p1")
    await here.courier.look()
    await here.store.write(mute, ada, here.thread, here.community)
    await here.after()
    assert await here.heard() == []


async def test_who_does_not_follow_any_more_hears_nothing(here):
    ada = await here.follower("ada")
    await here.posted("p1")
    await here.courier.look()
    await here.store.write(unfollow, ada, here.thread)
    await here.after()
    assert await here.heard() == []


async def test_following_muting_and_ending_it_say_whether_that_is_new(here):
    ada = await here.reader("ada")
    at = ada, here.thread, here.community
    assert [await here.store.write(unit, *at) for unit in (follow, follow, mute, mute, follow)] == [1, 0, 1, 1 - 1, 1]
    assert [await here.store.write(unfollow, ada, here.thread) for _ in range(2)] == [True, False]


async def says(here, name, text, number):
    thread = await here.value("SELECT thread_ref FROM place WHERE thread IS NOT NULL")
    where = Where(LOUNGE.channel, thread)
    said = Said(
        f"e{number}", where, MessageId(f"said{number}"), ChatPerson(UserId(f"u-{name}"), name), text, "plain", 1
    )
    await here.store.write(receive, "web", Batch((said,), f"c{number}"), here.clock.now())


async def test_who_answers_in_a_thread_follows_it_but_not_against_a_mute(here):
    await here.send()
    ada, bob = await here.reader("ada"), await here.reader("bob")
    await here.store.write(mute, bob, here.thread, here.community)
    await says(here, "ada", "hello", 1)
    await says(here, "bob", "hello", 2)
    assert [await here.store.read(level, one, here.thread) for one in (ada, bob)] == ["follow", "mute"]


async def test_what_a_community_shows_in_one_channel_only_is_told_in_no_private_message(here):
    """Not everybody who was met in the community reads that channel."""
    await here.follower("ada")
    await here.posted("p1")
    await here.store.write(keep_private, await here.value("SELECT id FROM mirror"))
    await here.after()
    assert await here.heard() == []


async def test_what_is_not_mirrored_any_more_is_not_told(here):
    await here.follower("ada")
    await here.posted("p1")
    await here.courier.look()
    await here.store.write(_unmirror)
    await here.after()
    assert await here.heard() == []


def _unmirror() -> Unit[None]:
    yield "UPDATE mirror SET state='removed'", ()


async def test_what_a_community_hides_is_not_told(here):
    ada = await here.follower("ada")
    await here.store.write(add_alert, ada, here.community, "words")
    await here.posted("p1", author="Troll")
    await here.store.write(_hide, here.community, here.forum)
    await here.after()
    assert await here.heard() == []


def _hide(community: int, forum: int) -> Unit[None]:
    yield (
        """INSERT INTO hidden (community, forum, author, author_id, who, hidden_at)
           VALUES ($1, $2, 'Troll', '', 'Bo', 1)""",
        (community, forum),
    )


async def test_somebody_of_two_communities_is_told_in_that_one_in_which_they_follow(here):
    """The other one does not even show the thread."""
    others = await here.store.write(ensure_community, "web", "!others", "Others")
    ada = await here.follower("ada")
    await here.reader("ada", others)
    bob = await here.reader("bob", others)
    await here.store.write(follow, bob, here.thread, others)
    await here.posted("p1")
    await here.after()
    [[who, key]] = await here.rows("SELECT person, key FROM whisper")
    assert who == "u-ada"
    assert key.startswith(f"news-{ada}-{here.community}-")


async def test_news_wait_for_the_end_of_quiet_hours_and_come_at_once(here):
    ada = await here.follower("ada")
    await here.store.write(wish, ada, Wishes(quiet_from=12 * 60, quiet_to=14 * 60))
    await here.posted("p1")
    await here.after()
    await here.after(HOUR)
    await here.posted("p2")
    await here.after(50 * MINUTE)
    assert await here.heard() == []
    await here.after(10 * MINUTE)
    [(_, text)] = await here.heard()
    assert "2 new posts" in text


async def test_a_process_that_dies_anywhere_tells_everything_once(here):
    """What was gathered and not committed is gathered again; what was committed is not."""
    ada = await here.follower("ada")
    await here.posted("p1")
    some = await here.store.read(arrivals, here.forum)
    assert await here.store.write(looked_at, some, [], here.clock.now() + BATCH)
    assert not await here.store.write(looked_at, some, [], here.clock.now() + BATCH)
    here.restart()
    here.clock.advance(BATCH)
    due = await here.store.read(news, ada, here.community)
    tidings = of_news(due)
    assert await here.store.write(told, due, tidings.text, tidings.offers, here.clock.now())
    assert not await here.store.write(told, due, tidings.text, tidings.offers, here.clock.now())
    here.restart()
    await here.after()
    assert await here.who() == ["ada"]


async def test_the_clock_may_be_set_and_everything_is_told_once(here):
    await here.follower("ada")
    await here.posted("p1")
    await here.courier.look()
    here.clock.jump(400 * DAY)
    await here.courier.look()
    assert await here.who() == ["ada"]
    await here.posted("p2")
    await here.courier.look()
    here.clock.jump(-400 * DAY)
    await here.courier.look()
    assert await here.who() == ["ada"]
    await here.after()
    assert await here.heard() == []


async def test_more_posts_than_are_looked_at_in_one_go_are_told_all_the_same(here):
    await here.follower("ada")
    await here.posted(*(f"p{n}" for n in range(1, AT_ONCE + 20)))
    await here.after()
    [(_, text)] = await here.heard()
    assert "100 new posts and more" in text


async def test_posts_that_were_back_filled_are_no_news(here):
    await here.follower("ada")
    await here.store.write(_back_fill, here.thread)
    await here.after()
    assert await here.heard() == []


def _back_fill(thread: int) -> Unit[None]:
    yield (
        """INSERT INTO post (forum, thread, key, n, seq, position, op, parent_state, author, body_state, earliest,
             latest, state, digest, seen_at, changed_at)
           SELECT forum, $1, 'old', -99, -7, 0, 0, 'none', 'Old', 'empty', 1, 1, 'live', '', 1, 1 FROM post LIMIT 1""",
        (thread,),
    )
