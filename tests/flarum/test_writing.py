"""What is written to a Flarum, and what it says about it."""

from __future__ import annotations

import pytest
from aiohttp import web

from adapters.forums.flarum.forum import Flarum
from bot.errors import Gone, LoginRejected, NotAllowed, RateLimited, Refused, Unreachable
from bot.model import (
    Accepted,
    BoardKey,
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
from tests.flarum.conftest import Opened
from tests.flarum.stand_in import StandIn
from tests.flarum.world import Post


@pytest.fixture
def bot(opened: Opened) -> Flarum:
    """The adapter with a key of the site."""
    return opened("bot")


@pytest.fixture
def op(site: StandIn) -> Post:
    """The first post of a discussion."""
    return site.world.start(site.world.user("ann"), "Plain talk", "The opening words", 1, 2)


def reply(op: Post, text: str, parent: str = "", login: Login | None = None) -> Draft:
    return Draft(ThreadKey(str(op.discussion)), text, "zoe", parent=PostKey(parent), login=login)


async def said(forum: Flarum, draft: Draft) -> PostKey:
    answer = await forum.submit(draft, "k")
    assert isinstance(answer, Accepted)
    return answer.post


async def test_an_answer_begins_with_a_mention_that_an_edit_keeps(site: StandIn, bot: Flarum, op: Post) -> None:
    """By it the forum shows what is answered, and tells its author."""
    above = site.world.reply(site.world.user("ben"), op.discussion, "First answer")
    key = await said(bot, reply(op, "I think so", str(above.id)))
    assert site.world.posts[int(key)].content == f'@"ben"#p{above.id} I think so'
    await bot.revise(key, reply(op, "I do not"), "k-2")
    assert site.world.posts[int(key)].content == f'@"ben"#p{above.id} I do not'
    [written] = await bot.written(ThreadKey(str(op.discussion)), 0)
    assert (written.post, written.text) == (key, "I do not")


async def test_an_answer_to_what_is_gone_is_gone(site: StandIn, bot: Flarum, op: Post) -> None:
    """Its author is told that there is nothing to answer any more."""
    above = site.world.reply(site.world.user("ben"), op.discussion, "First answer")
    site.world.delete(above.id)
    with pytest.raises(Gone):
        await bot.submit(reply(op, "I think so", str(above.id)), "k")


async def test_a_refusal_is_in_the_forums_own_words(site: StandIn, bot: Flarum) -> None:
    """They say what to do better."""
    with pytest.raises(Refused, match="at least 1 primary tag"):
        await bot.start(Opener(BoardKey("all"), "A title", "words", "zoe"), "k")


async def test_a_locked_discussion_takes_nothing(site: StandIn, bot: Flarum, op: Post) -> None:
    """The forum says no more than that it is not allowed; the author is told why, and nobody else has to wait."""
    site.world.discussions[op.discussion].locked = True
    with pytest.raises(Refused, match="locked"):
        await bot.submit(reply(op, "words"), "k")


async def test_a_reply_that_is_not_allowed_pauses_the_place(site: StandIn, bot: Flarum, op: Post) -> None:
    """Our account may not write there at all."""
    site.answer = lambda request: refusal(403, "permission_denied") if request.method == "POST" else None
    with pytest.raises(NotAllowed):
        await bot.submit(reply(op, "words"), "k")


async def test_what_was_answered_cannot_be_changed_any_more(site: StandIn, bot: Flarum, op: Post) -> None:
    """As the forum is delivered; the author is told so."""
    key = await said(bot, reply(op, "Before"))
    site.world.reply(site.world.user("ben"), op.discussion, "An answer")
    with pytest.raises(Refused, match="answered"):
        await bot.revise(key, reply(op, "Afterwards"), "k-2")
    with pytest.raises(Refused, match="answered"):
        await bot.withdraw(ThreadKey(str(op.discussion)), key, "k-3")
    [written] = await bot.written(ThreadKey(str(op.discussion)), 0)
    assert written.text == "Before", "its words are told all the same"


async def test_posts_of_others_are_not_changed(site: StandIn, bot: Flarum, op: Post) -> None:
    """Our account may be a moderator's."""
    site.world.user("bot").moderator = True
    with pytest.raises(Refused, match="ann"):
        await bot.revise(PostKey(str(op.id)), reply(op, "Ours now"), "k")
    with pytest.raises(Refused, match="ann"):
        await bot.withdraw(ThreadKey(str(op.discussion)), PostKey(str(op.id)), "k")


async def test_a_post_in_ten_seconds_is_waited_for(site: StandIn, opened: Opened, op: Post) -> None:
    """The forum names no time."""
    token = site.world.token(site.world.user("bot"), session=False).value
    forum = opened("bot", token=token)
    await said(forum, reply(op, "One"))
    with pytest.raises(RateLimited) as caught:
        await forum.submit(reply(op, "Two"), "k-2")
    assert caught.value.seconds >= 10
    site.world.now += 11
    await said(forum, reply(op, "Two"))


async def test_a_wrong_token_is_a_rejected_login(site: StandIn, opened: Opened, op: Post) -> None:
    """The forum speaks of a mismatch of something else."""
    forum = opened("bot", token="no-such-token")
    with pytest.raises(LoginRejected):
        await forum.submit(reply(op, "words"), "k")
    with pytest.raises(LoginRejected):
        await forum.written(ThreadKey(str(op.discussion)), 0)


async def test_what_waits_is_not_taken_for_rejected_by_a_guest(site: StandIn, opened: Opened, op: Post) -> None:
    """With a token that was revoked the forum shows what guests see, and what waits is not among it."""
    site.world.approval = site.world.moderated = True
    answer = await opened("bot").submit(reply(op, "Please"), "k")
    assert isinstance(answer, Queued)
    with pytest.raises(LoginRejected):
        await opened("bot", token="no-such-token").judged(ThreadKey(str(op.discussion)), (answer.ticket,))


async def test_what_waits_is_not_taken_for_withdrawn_by_a_guest(site: StandIn, opened: Opened, op: Post) -> None:
    """It would appear although its author took it back."""
    site.world.approval = site.world.moderated = True
    answer = await opened("bot").submit(reply(op, "Please"), "k")
    assert isinstance(answer, Queued)
    with pytest.raises(LoginRejected):
        await opened("bot", token="no-such-token").withdraw(
            ThreadKey(str(op.discussion)), PostKey(answer.ticket), "k-2"
        )


async def test_what_a_moderator_hides_was_rejected(site: StandIn, bot: Flarum, op: Post) -> None:
    """Most hide instead of deleting for good."""
    site.world.approval = site.world.moderated = True
    answer = await bot.submit(reply(op, "Please"), "k")
    assert isinstance(answer, Queued)
    site.world.posts[int(answer.ticket)].hidden = True
    [judged] = await bot.judged(ThreadKey(str(op.discussion)), (answer.ticket,))
    assert judged.judgement is Judgement.REJECTED


async def test_a_discussion_carries_the_tags_of_its_board_and_those_asked_for(site: StandIn, bot: Flarum) -> None:
    """A tag under another one is never alone."""
    opener = Opener(BoardKey("t/2"), "A title", "words", "zoe", ("solved", "no such tag"))
    answer = await bot.start(opener, "k")
    assert isinstance(answer, Started)
    assert site.world.discussions[int(answer.thread)].tags == [1, 2, 4]
    assert (await bot.locate(answer.link)).key == answer.thread


async def test_the_title_of_our_discussion_is_changed_with_its_first_post(site: StandIn, bot: Flarum) -> None:
    """And with it, it is withdrawn."""
    answer = await bot.start(Opener(BoardKey("t/2"), "A title", "words", "zoe"), "k")
    assert isinstance(answer, Started)
    await bot.revise(answer.post, Draft(answer.thread, "words", "zoe", "A better title"), "k-2")
    assert site.world.discussions[int(answer.thread)].title == "A better title"
    await bot.withdraw(answer.thread, answer.post, "k-3")
    assert site.world.discussions[int(answer.thread)].hidden
    assert await bot.started(BoardKey("t/2"), 0) == ()


async def test_a_post_that_is_too_long_is_refused_before_it_is_sent(site: StandIn, bot: Flarum, op: Post) -> None:
    """The forum's own words would be fewer."""
    with pytest.raises(Refused, match="63000"):
        await bot.submit(reply(op, "x" * 63_001), "k")


# -------------------------------------------------------------------------------------------------- people's accounts


async def lent(site: StandIn, forum: Flarum, name: str) -> Login:
    return await forum.connect("", f"{name}\n{site.world.user(name).password}")


async def test_a_token_that_somebody_made_is_as_good_as_a_password(site: StandIn, forum: Flarum) -> None:
    """Who does not want to give the password away makes one on the forum."""
    token = site.world.token(site.world.user("dora"), session=False)
    login = await forum.connect("", f"dora\n{token.value}")
    assert (login.name, login.id) == ("dora", str(site.world.user("dora").id))
    with pytest.raises(LoginRejected):
        await forum.connect("", f"emil\n{token.value}")


async def test_a_token_is_deleted_when_the_account_is_given_back(site: StandIn, forum: Flarum) -> None:
    """And no other one of the same person."""
    other = site.world.token(site.world.user("dora"))
    login = await lent(site, forum, "dora")
    await forum.disconnect(login)
    assert [*site.world.tokens] == [other.value]


async def test_the_password_is_not_kept(site: StandIn, forum: Flarum) -> None:
    """Nothing of it is in what is stored."""
    assert site.world.user("dora").password not in (await lent(site, forum, "dora")).secret


async def test_a_persons_post_that_waits_is_not_called_rejected_because_we_do_not_see_it(
    site: StandIn, opened: Opened, op: Post
) -> None:
    """It is shown to nobody but its author and the moderators."""
    forum = opened("bot")
    site.world.approval = site.world.moderated = True
    login = await lent(site, forum, "dora")
    answer = await forum.submit(reply(op, "Please", login=login), "k")
    assert isinstance(answer, Queued)
    thread = ThreadKey(str(op.discussion))
    [written] = await forum.written(thread, 0, login)
    assert (written.post, written.queued) == (answer.ticket, True)
    assert await forum.judged(thread, (answer.ticket,)) == ()
    await forum.revise(PostKey(answer.ticket), reply(op, "Pretty please", login=login), "k-2")
    [post] = [post for post in site.world.posts.values() if not post.approved]
    assert post.content == "Pretty please"
    post.approved = True
    [judged] = await forum.judged(thread, (answer.ticket,))
    assert (judged.judgement, judged.post) == (Judgement.APPROVED, str(post.id))


async def test_a_person_who_may_not_write_there_is_told_and_nobody_else_waits(
    site: StandIn, opened: Opened, op: Post
) -> None:
    """A pause of the place would silence the others."""
    forum = opened("bot")
    login = await lent(site, forum, "dora")
    site.answer = lambda request: refusal(403, "permission_denied") if request.method == "POST" else None
    with pytest.raises(Refused, match="dora"):
        await forum.submit(reply(op, "words", login=login), "k")


async def test_a_forum_that_is_only_read_takes_what_people_write_themselves(
    site: StandIn, forum: Flarum, op: Post
) -> None:
    """No account of ours is needed for it."""
    with pytest.raises(NotAllowed):
        await forum.submit(reply(op, "words"), "k")
    assert forum.caps.write_identity == "none"
    await said(forum, reply(op, "My own words", login=await lent(site, forum, "dora")))


async def test_nothing_is_taken_for_a_wrong_password_while_the_line_is_down(site: StandIn, forum: Flarum) -> None:
    """The person would look for a mistake of their own."""
    answer = f"dora\n{site.world.user('dora').password}"
    await site.site.line(Line.CUT)
    with pytest.raises(Unreachable):
        await forum.connect("", answer)
    await site.site.line(Line.WHOLE)


def refusal(status: int, code: str) -> web.Response:
    text = '{"errors":[{"status":"%d","code":"%s"}]}' % (status, code)  # noqa: UP031  braces
    return web.Response(text=text, status=status, content_type="application/vnd.api+json")
