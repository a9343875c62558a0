"""What is written to a NodeBB: every way in which it takes or refuses a post, and how it is found again."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp import web

from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, OutcomeUnknown, RateLimited, Refused
from bot.model import Accepted, BoardKey, Draft, Judgement, Login, Opener, PostKey, Queued, ReadTo, Started, ThreadKey
from bot.testing.forum_talk import follow
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told, key

LONG_AGO = 0


def said(told: Told, text: str, parent: str = "", login: Login | None = None) -> Draft:
    return Draft(told.thread, text, "zoe", parent=PostKey(parent), login=login)


async def test_who_posts_too_soon_is_told_how_long_to_wait(site: StandIn, opened: Opened) -> None:
    """The forum says it in a sentence alone; the reply waits, and is not lost."""
    told = Told(site, 1)
    forum = opened("threadline")
    site.world.delay = 120
    await forum.submit(said(told, "First"), "k-1")
    with pytest.raises(RateLimited) as caught:
        await forum.submit(said(told, "Second"), "k-2")
    assert caught.value.seconds == 120


@pytest.mark.parametrize(
    ("text", "words"),
    [("x", "enter a longer post"), ("y" * 40_000, "enter a shorter post")],
)
async def test_a_refusal_is_told_in_the_forums_words(site: StandIn, opened: Opened, text: str, words: str) -> None:
    told = Told(site, 1)
    site.world.shortest = 8
    with pytest.raises(Refused, match=words):
        await opened("threadline").submit(said(told, text), "k-1")


async def test_a_closed_thread_takes_no_posts(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    told.topic.locked = True
    with pytest.raises(Refused, match="Topic locked"):
        await opened("threadline").submit(said(told, "Too late for this"), "k-1")


async def test_a_reply_to_what_is_gone_is_gone(site: StandIn, opened: Opened) -> None:
    """The forum itself would take any id for a parent."""
    told = Told(site, 2)
    site.world.delete(told.posts[0])
    gone = key(told.posts[1])
    site.world.purge(told.posts[1])
    forum = opened("threadline")
    for parent in (key(told.posts[0]), gone):
        with pytest.raises(Gone):
            await forum.submit(said(told, "Hello", parent), "k-1")
    assert len(told.topic.posts) == 2


async def test_a_parent_in_another_thread_is_left_out(site: StandIn, opened: Opened) -> None:
    """It was moved: the reply answers the thread, and stands under nobody else's post."""
    told, other = Told(site, 1), Told(site, 1)
    answer = await opened("threadline").submit(said(told, "Hello", key(other.posts[0])), "k-1")
    assert isinstance(answer, Accepted)
    assert site.world.posts[answer.post].to is None


async def test_a_parent_is_told_as_the_number_that_it_is(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    answer = await opened("threadline").submit(said(told, "Hello", key(told.posts[0])), "k-1")
    assert isinstance(answer, Accepted)
    assert site.world.posts[answer.post].to == told.posts[0].pid


async def test_a_post_from_elsewhere_is_answered(site: StandIn, opened: Opened) -> None:
    """Its id is an address, which stands in paths as one step, and is no number."""
    told = Told(site, 0)
    pid = "https://elsewhere.example/notes/1?x=a/b&c#d"
    site.world.reply(told.ben, told.thread, "From elsewhere", pid=pid)
    answer = await opened("threadline").submit(said(told, "Hello", pid), "k-1")
    assert isinstance(answer, Accepted)
    assert site.world.posts[answer.post].to == pid


async def test_a_board_that_is_closed_to_our_account_is_not_allowed(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1, cid=9)
    with pytest.raises(NotAllowed):
        await opened("stranger").submit(said(told, "Hello"), "k-1")


async def test_a_wrong_token_is_a_rejected_login(site: StandIn, opened: Opened) -> None:
    """The forum refuses it in the words for a closed place."""
    told = Told(site, 1)
    forum = opened("threadline")
    site.tokens.clear()
    with pytest.raises(LoginRejected):
        await forum.submit(said(told, "Hello"), "k-1")


async def test_without_a_token_nothing_is_written(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    assert opened().caps.write_identity == "none"
    with pytest.raises(NotAllowed, match="set a token"):
        await opened().submit(said(told, "Hello"), "k-1")


async def test_an_answer_that_names_no_post_leaves_the_outcome_open(site: StandIn, opened: Opened) -> None:
    told = Told(site, 1)
    site.stand.answers[f"/api/v3/topics/{told.thread}"] = site.told({"status": {"code": "ok"}, "response": {}})
    with pytest.raises(OutcomeUnknown):
        await opened("threadline").submit(said(told, "Hello"), "k-1")


async def test_a_post_of_somebody_else_is_not_touched(site: StandIn, opened: Opened) -> None:
    """A moderator's token could change it."""
    site.world.user("threadline", staff=True)
    told = Told(site, 1)
    forum = opened("threadline")
    with pytest.raises(Refused):
        await forum.revise(key(told.posts[0]), said(told, "In their mouth"), "k-1")
    with pytest.raises(Refused):
        await forum.withdraw(told.thread, key(told.posts[0]), "k-2")
    assert (told.posts[0].text, told.posts[0].deleted) == ("Reply 0", False)


async def test_a_revision_renames_a_thread_of_ours(site: StandIn, opened: Opened) -> None:
    forum = opened("threadline")
    answer = await forum.start(Opener(BoardKey("c/5"), "A title", "Words", "zoe", ("one", "two")), "k-1")
    assert isinstance(answer, Started)
    await forum.revise(answer.post, Draft(answer.thread, "Words", "zoe", title="A better title"), "k-2")
    page = await follow(forum, answer.thread)
    assert page.thread is not None
    assert (page.thread.title, page.thread.tags) == ("A better title", ("one", "two"))


async def test_a_thread_is_not_started_on_all_threads(site: StandIn, opened: Opened) -> None:
    with pytest.raises(Refused, match="categories"):
        await opened("threadline").start(Opener(BoardKey("recent"), "A title", "Words", "zoe"), "k-1")


async def test_read_back_looks_through_several_pages(site: StandIn, opened: Opened) -> None:
    """Somebody whose account says much elsewhere is found all the same; older posts than asked for are not read."""
    told, other = Told(site, 1), Told(site, 1)
    forum = opened("threadline")
    first = await forum.submit(said(told, "Looked for"), "k-1")
    assert isinstance(first, Accepted)
    since = site.world.posts[first.post].at
    us = site.world.user("threadline")
    for n in range(60):
        site.world.reply(us, other.op.tid, f"Elsewhere {n}")
    found = await forum.written(told.thread, since)
    assert [(one.post, one.text, one.author) for one in found] == [(first.post, "Looked for", "threadline")]
    assert await forum.written(told.thread, since + 1) == ()


async def test_reading_back_moves_no_mark(site: StandIn, opened: Opened) -> None:
    """An account's own list is looked through, and not the thread."""
    told = Told(site, 1)
    forum = opened("threadline")
    login = await forum.connect("", site.token("dora"))
    await forum.submit(said(told, "Hello", login=login), "k-1")
    told.more(1)
    assert await forum.marks(login, (told.thread,)) == ()
    assert len(await forum.written(told.thread, LONG_AGO, login)) == 1
    assert await forum.marks(login, (told.thread,)) == ()


async def test_what_a_moderator_reworded_is_not_called_rejected(site: StandIn, opened: Opened) -> None:
    """Something of ours stands there that nobody knows: it may be that, so nothing is said."""
    told = Told(site, 1)
    forum = opened("threadline")
    site.world.moderated = True
    ticket = await forum.submit(said(told, "As I said it"), "k-1")
    assert isinstance(ticket, Queued)
    id = ticket.ticket.split("/")[2]
    site.world.queue[id].text = "As the moderator said it"
    site.world.approve(id)
    assert await forum.judged(told.thread, (ticket.ticket,)) == ()


async def test_a_persons_ticket_is_not_called_rejected(site: StandIn, opened: Opened) -> None:
    """Our account does not see their queue."""
    told = Told(site, 1)
    forum = opened("threadline")
    login = await forum.connect("", site.token("dora"))
    site.world.moderated = True
    ticket = await forum.submit(said(told, "Please", login=login), "k-1")
    assert isinstance(ticket, Queued)
    assert await forum.judged(told.thread, (ticket.ticket,)) == ()
    site.world.user("threadline", staff=True)
    assert [one.judgement for one in await forum.judged(told.thread, (ticket.ticket,))] == [Judgement.WAITS]


async def test_a_mark_is_pushed_at_the_newest_post_alone(site: StandIn, opened: Opened) -> None:
    """The forum stores the moment, and not what was shown: posts in between would count as read."""
    told = Told(site, 3)
    forum = opened()
    login = await forum.connect("", site.token("dora"))
    await forum.read_to(login, told.thread, key(told.posts[1]))
    assert site.paths("PUT") == []
    await forum.read_to(login, told.thread, key(told.posts[2]))
    assert site.paths("PUT") == [f"/api/v3/topics/{told.thread}/read"]
    assert await forum.marks(login, (told.thread,)) == (ReadTo(told.thread, key(told.posts[2])),)


async def test_a_quiet_thread_is_not_called_read(site: StandIn, opened: Opened) -> None:
    """After some days the forum calls every thread read."""
    told = Told(site, 1)
    forum = opened()
    login = await forum.connect("", site.token("dora"))
    site.clock.advance(3 * 86_400_000)
    assert await forum.marks(login, (told.thread,)) == ()


async def test_marks_cost_no_more_requests_than_threads(site: StandIn, opened: Opened) -> None:
    told = [Told(site, 1) for _ in range(100)]
    forum = opened()
    login = await forum.connect("", site.token("dora"))
    asked = len(site.asked)
    await forum.marks(login, tuple(ThreadKey(one.thread) for one in told[:2]))
    assert len(site.asked) - asked <= 2


async def test_a_persons_secret_is_their_token(site: StandIn, opened: Opened) -> None:
    """What is sealed is all that is kept; a spoilt one is a rejected login."""
    forum = opened()
    login = await forum.connect("", f"  {site.token('dora')}\n")
    assert (login.name, login.id) == ("dora", str(site.world.user("dora").uid))
    told = Told(site, 1)
    with pytest.raises(LoginRejected):
        await forum.submit(said(told, "Hi", login=msgspec.structs.replace(login, secret="{")), "k-1")
    with pytest.raises(LoginRejected):
        await forum.connect("", site.token(""))


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (400, "You have been muted, you will be able to post in 5 hour(s).", Refused),
        (400, "Sorry, this account has been banned until May (Reason: shouting)", Refused),
        (403, "You do not have enough privileges for this action.", NotAllowed),
    ],
)
async def test_who_is_muted_or_banned_hears_the_forums_words(
    site: StandIn, opened: Opened, status: int, words: str, error: type[AdapterError]
) -> None:
    """A mute names a time, and is no pause that others would have to wait for."""
    told = Told(site, 1)
    forum = opened("threadline")
    login = await forum.connect("", site.token("dora"))
    refusal = {"status": {"code": "bad-request", "message": words}, "response": {}}
    site.stand.once[f"POST /api/v3/topics/{told.thread}"] = web.json_response(refusal, status=status)
    with pytest.raises(error, match=words.partition("(")[0].strip()):
        await forum.submit(said(told, "Hello?", login=login), "k-1")
    await forum.submit(said(told, "Hello"), "k-2")
