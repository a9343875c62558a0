"""What is posted stands there once, also when an answer is lost, a post waits, or the forum refuses it."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from adapters.forums.discourse.forum import Discourse
from bot.errors import Gone, LoginRejected, NotAllowed, Refused, Unreachable
from bot.model import (
    Accepted,
    BoardKey,
    Bookmark,
    Draft,
    Judgement,
    Login,
    Opener,
    PostKey,
    Queued,
    Started,
    ThreadKey,
)
from bot.testing.faults import Line
from tests.discourse.conftest import Opened
from tests.discourse.stand_in import StandIn


@pytest.fixture
def thread(site: StandIn) -> ThreadKey:
    return ThreadKey(str(site.world.start(site.world.user("ann"), "Plain talk", "words", 7).topic))


def texts(site: StandIn, thread: ThreadKey) -> list[str]:
    return [post.raw for post in site.world.stream(site.world.topics[int(thread)])]


def sent(site: StandIn) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in site.asked if (one.method, one.path) == ("POST", "/posts.json")]


async def connected(site: StandIn, forum: Discourse, name: str) -> Login:
    invitation = await forum.invite()
    return await forum.connect(invitation.secret, site.allow(name, invitation.link))


async def test_the_key_is_no_word_of_the_post(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    """It goes along beside the text: nobody reads it."""
    await opened("bot").submit(Draft(thread, "Hello", "zoe"), "a-key")
    assert texts(site, thread)[-1] == "Hello"
    assert sent(site)[0]["external_id"].startswith("threadline-")


async def test_two_people_may_say_the_same_under_our_account(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    """The forum takes what is equal for a repetition: the key makes the difference."""
    forum = opened("bot", staff=True)
    first = await forum.submit(Draft(thread, "Thank you", "zoe"), "k-1")
    second = await forum.submit(Draft(thread, "Thank you", "yan"), "k-2")
    assert first != second
    assert texts(site, thread).count("Thank you") == 2


async def test_a_reply_names_what_it_answers_by_number(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    first = site.world.reply(site.world.user("ben"), int(thread), "First")
    await opened("bot").submit(Draft(thread, "Hello", "zoe", parent=PostKey(str(first.id))), "k")
    assert sent(site)[0]["reply_to_post_number"] == first.number


async def test_a_reply_to_what_was_moved_away_answers_the_thread(
    site: StandIn, opened: Opened, thread: ThreadKey
) -> None:
    first = site.world.reply(site.world.user("ben"), int(thread), "First")
    other = site.world.start(site.world.user("ann"), "Another", "words", 7)
    site.world.move([first], site.world.topics[other.topic])
    await opened("bot").submit(Draft(thread, "Hello", "zoe", parent=PostKey(str(first.id))), "k")
    assert "reply_to_post_number" not in sent(site)[0]


async def test_a_reply_to_what_was_deleted_is_gone(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    first = site.world.reply(site.world.user("ben"), int(thread), "First")
    site.world.delete(first, site.world.users["system"])
    with pytest.raises(Gone):
        await opened("bot").submit(Draft(thread, "Hello", "zoe", parent=PostKey(str(first.id))), "k")


async def test_the_forums_own_reason_is_told(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    site.world.min_post_length = 20
    with pytest.raises(Refused, match=r"^Body is too short \(minimum is 20 characters\)$"):
        await opened("bot").submit(Draft(thread, "Hello", "zoe"), "k")


async def test_a_closed_thread_refuses_and_a_deleted_one_is_gone(
    site: StandIn, opened: Opened, thread: ThreadKey
) -> None:
    """The forum says the same words of both."""
    forum = opened("bot")
    site.world.topics[int(thread)].closed = True
    with pytest.raises(Refused, match="closed or deleted"):
        await forum.submit(Draft(thread, "Hello", "zoe"), "k")
    site.world.topics[int(thread)].deleted = 1
    with pytest.raises(Gone):
        await forum.submit(Draft(thread, "Hello", "zoe"), "k-2")


async def test_an_old_forum_that_knows_no_keys_loses_no_equal_post(
    site: StandIn, opened: Opened, thread: ThreadKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers equal words with the first post: the second one is refused, and not taken for posted."""
    told = json.loads
    monkeypatch.setattr(
        "tests.discourse.stand_in.json.loads",
        lambda body: {name: value for name, value in told(body).items() if name != "external_id"},
    )
    forum = opened("bot", staff=True)
    assert isinstance(await forum.submit(Draft(thread, "Thank you", "zoe"), "k-1"), Accepted)
    with pytest.raises(Refused, match="other words"):
        await forum.submit(Draft(thread, "Thank you", "yan"), "k-2")


async def test_nothing_is_posted_without_a_key(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    forum = opened()
    assert forum.caps.write_identity == "none"
    with pytest.raises(NotAllowed, match="api_key"):
        await forum.submit(Draft(thread, "Hello", "zoe"), "k")


async def test_what_waits_is_named_by_its_ticket_also_by_old_versions(
    site: StandIn, opened: Opened, thread: ThreadKey
) -> None:
    """They do not say under which number they keep it; the list of what waits does."""
    site.world.moderated, site.stand.pending_post = True, False
    forum = opened("bot")
    answer = await forum.submit(Draft(thread, "Hello", "zoe"), "k")
    assert isinstance(answer, Queued)
    [found] = [one for one in await forum.written(thread, 0) if one.queued]
    assert (found.post, found.text) == (answer.ticket, "Hello")


async def test_an_ordinary_account_learns_what_became_of_its_posts(
    site: StandIn, opened: Opened, thread: ThreadKey
) -> None:
    """It may not see the moderators' list: what neither waits nor stands in the thread was refused."""
    site.world.moderated = True
    forum = opened("bot")
    waits, taken, refused = [
        cast(Queued, await forum.submit(Draft(thread, f"Text {n}", "z"), f"k{n}")) for n in range(3)
    ]
    post = site.world.approve(int(taken.ticket[1:]))
    site.world.reject(int(refused.ticket[1:]))
    told = {one.ticket: one for one in await forum.judged(thread, (waits.ticket, taken.ticket, refused.ticket))}
    assert told[waits.ticket].judgement is Judgement.WAITS
    assert (told[taken.ticket].judgement, told[taken.ticket].post) == (Judgement.APPROVED, str(post.id))
    assert told[refused.ticket].judgement is Judgement.REJECTED


async def test_what_may_have_been_let_through_in_other_words_is_not_said_to_be_rejected(
    site: StandIn, opened: Opened, thread: ThreadKey
) -> None:
    site.world.moderated = True
    forum = opened("bot")
    one = cast(Queued, await forum.submit(Draft(thread, "Some words", "zoe"), "k"))
    site.world.approve(int(one.ticket[1:]), "Other words")
    assert await forum.judged(thread, (one.ticket,)) == ()


async def test_the_moderators_words_are_told(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    site.world.moderated = True
    forum = opened("bot", staff=True)
    one = cast(Queued, await forum.submit(Draft(thread, "Some words", "zoe"), "k"))
    site.world.reject(int(one.ticket[1:]), "Not here")
    [told] = await forum.judged(thread, (one.ticket,))
    assert told.why == "Not here"


async def test_a_persons_post_that_was_never_sent_is_sent(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    forum = opened("bot")
    login = await connected(site, forum, "dora")
    draft = Draft(thread, "In my own name", "zoe", login=login)
    await site.site.line(Line.CUT)
    with pytest.raises(Unreachable):
        await forum.submit(draft, "k")
    await site.site.line(Line.WHOLE)
    assert isinstance(await forum.submit(draft, "k"), Accepted)


async def test_an_equal_thread_under_the_same_key_is_found_when_the_memory_is_over(
    site: StandIn, opened: Opened
) -> None:
    """The forum takes one thread for each key, for ever."""
    forum = opened("bot", staff=True)
    opener = Opener(BoardKey("c/7"), "A new beginning", "What it begins with", "zoe")
    first = await forum.start(opener, "k")
    site.clock.advance(10 * 60_000)
    again = await forum.start(opener, "k")
    assert isinstance(first, Started)
    assert again == first


async def test_a_thread_on_a_tag_bears_it(site: StandIn, opened: Opened) -> None:
    forum = opened("bot")
    answer = await forum.start(Opener(BoardKey("tag/news"), "A new beginning", "words", "zoe", ("more",)), "k")
    assert isinstance(answer, Started)
    assert site.world.topics[int(answer.thread)].tags == ["news", "more"]


async def test_a_new_title_of_an_opening_post_is_one_of_its_thread(site: StandIn, opened: Opened) -> None:
    forum = opened("bot")
    answer = cast(Started, await forum.start(Opener(BoardKey("c/7"), "A new beginning", "words", "zoe"), "k"))
    await forum.revise(answer.post, Draft(answer.thread, "Other words", "zoe", title="Another title"), "k-2")
    page = await forum.thread(answer.thread, Bookmark())
    assert page is not None
    assert page.thread.title == "Another title"
    await forum.withdraw(answer.thread, answer.post, "k-3")
    assert site.world.topics[int(answer.thread)].deleted is not None


async def test_what_others_wrote_is_left_alone(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    """A key of the staff could change it."""
    theirs = site.world.reply(site.world.user("ben"), int(thread), "Mine")
    forum = opened("bot", staff=True)
    with pytest.raises(Refused):
        await forum.revise(PostKey(str(theirs.id)), Draft(thread, "Ours", "zoe"), "k")
    with pytest.raises(Refused):
        await forum.withdraw(thread, PostKey(str(theirs.id)), "k")
    assert texts(site, thread)[-1] == "Mine"


async def test_a_key_that_was_given_back_opens_nothing(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    forum = opened("bot")
    login = await connected(site, forum, "dora")
    await forum.disconnect(login)
    assert site.user_keys == {}


async def test_a_mark_among_posts_that_were_never_read_is_not_told(
    site: StandIn, opened: Opened, thread: ThreadKey
) -> None:
    """Nobody knows which post has that number; once the thread was read it is told."""
    ben = site.world.user("ben")
    posts = [site.world.reply(ben, int(thread), f"Reply {n}") for n in range(60)]
    forum = opened("bot")
    login = await connected(site, forum, "dora")
    site.world.topics[int(thread)].read["dora"] = posts[40].number
    assert await forum.marks(login, (thread,)) == ()
    await forum.thread(thread, Bookmark())
    [mark] = await forum.marks(login, (thread,))
    assert mark.post == str(posts[40].id)


async def test_who_is_silenced_hears_the_forums_words(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    """The forum says no more to them on its own pages either; everybody else goes on."""
    forum = opened("bot")
    login = await connected(site, forum, "dora")
    site.world.users["dora"].silenced = True
    with pytest.raises(Refused, match="Something has gone wrong"):
        await forum.submit(Draft(thread, "Hello?", "", login=login), "k-1")
    await forum.submit(Draft(thread, "Hello", "zoe"), "k-2")
    assert texts(site, thread)[-1] == "Hello"


async def test_who_is_suspended_has_no_key_that_is_taken(site: StandIn, opened: Opened, thread: ThreadKey) -> None:
    """That is theirs to hear, and no login of ours that is refused."""
    forum = opened("bot")
    login = await connected(site, forum, "dora")
    site.world.users["dora"].suspended = True
    with pytest.raises(LoginRejected, match="dora"):
        await forum.submit(Draft(thread, "Hello?", "", login=login), "k-1")
    await forum.submit(Draft(thread, "Hello", "zoe"), "k-2")
    assert texts(site, thread)[-1] == "Hello"
