"""What is written to a board stands there once, or is known not to stand there: a 200 is no success."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiohttp import web

from adapters.forums.phpbb.forum import Phpbb
from adapters.forums.phpbb.sessions import Account
from bot import markup
from bot.errors import (
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
)
from bot.model import (
    Accepted,
    BoardKey,
    Bookmark,
    Draft,
    Login,
    Opener,
    ParentState,
    PostKey,
    Queued,
    Started,
    ThreadKey,
)
from bot.rendering import words_digest
from bot.testing.forum_talk import follow, said
from tests.phpbb import drawing
from tests.phpbb.board import FORUM, Board

THREAD = ThreadKey("1")
HERE = BoardKey(str(FORUM))


@pytest.fixture(autouse=True)
def talk(board: Board) -> None:
    """A thread with two posts."""
    board.start("Plain talk", "The opening words")
    board.post(1, "ben", "First answer")


def draft(text: str = "From the chat", parent: str = "", login: Login | None = None) -> Draft:
    return Draft(THREAD, text, "zoe", parent=PostKey(parent), login=login)


def standing(board: Board, text: str = "From the chat") -> int:
    return sum(text in post.raw and not post.deleted for post in board.posts.values())


def nothing() -> None:
    """Nothing happens meanwhile."""


# ----------------------------------------------------------------------------------- 200, and nothing is saved


async def test_a_form_sent_in_its_own_second_is_sent_again(board: Board, forum: Phpbb) -> None:
    """The board takes it for a machine's, says so above the same form, and saved nothing."""
    await forum.probe()
    board.pace = 0

    def later() -> None:
        board.now += 2

    board.sneaks = [nothing, later]
    await forum.submit(draft(), "k-1")
    assert standing(board) == 1
    assert len(board.sent) == 3


async def test_who_has_to_wait_is_told_so(board: Board, forum: Phpbb) -> None:
    """Fifteen seconds lie between two posts of an account, and nothing was saved."""
    board.objections = ["You cannot make another post so soon after your last."]
    with pytest.raises(RateLimited) as caught:
        await forum.submit(draft(), "k-1")
    assert caught.value.seconds >= 15
    assert standing(board) == 0
    await forum.submit(draft(), "k-1")
    assert standing(board) == 1


async def test_an_answer_that_was_overtaken_is_sent_again(board: Board, forum: Phpbb) -> None:
    """Somebody answered meanwhile: the board shows what, saves nothing, and its new form names the newer post."""
    board.sneaks = [lambda: board.post(1, "cleo", "Me first"), lambda: board.post(1, "dora", "And me")]
    answer = await forum.submit(draft(), "k-1")
    assert standing(board) == 1
    assert isinstance(answer, Accepted)
    assert board.posts[int(answer.post)].raw == "From the chat"


async def test_a_thread_that_never_rests_is_tried_again_later(board: Board, forum: Phpbb) -> None:
    """Not for ever in one go."""
    board.sneaks = [lambda: board.post(1, "cleo", "Me first")] * 20
    with pytest.raises(RateLimited):
        await forum.submit(draft(), "k-1")
    assert standing(board) == 0


async def test_a_session_that_ended_is_opened_once_more(board: Board, forum: Phpbb) -> None:
    """Before the form, and between the form and its sending."""
    await forum.submit(draft("One"), "k-1")
    board.sessions.clear()
    await forum.submit(draft("Two"), "k-2")
    board.sneaks = [board.sessions.clear]
    await forum.submit(draft("Three"), "k-3")
    assert [standing(board, text) for text in ("One", "Two", "Three")] == [1, 1, 1]


async def test_a_board_that_forgets_every_session_is_told(board: Board, forum: Phpbb) -> None:
    """Cookies do not reach it, say; that is the login's trouble, not the post's."""

    async def again() -> web.Response:
        return web.Response(text=drawing.login_page({}), content_type="text/html")

    board.other = lambda request: again() if request.path == "/posting.php" else None
    with pytest.raises(LoginRejected):
        await forum.submit(draft(), "k-1")


async def test_the_boards_own_reason_is_told(board: Board, forum: Phpbb) -> None:
    """Whoever wrote it can mend it."""
    board.objections = ["Your message contains 9 smilies. The maximum number of allowed smilies is 3."]
    with pytest.raises(Refused, match="9 smilies"):
        await forum.submit(draft(), "k-1")


async def test_a_locked_thread_refuses_in_the_boards_words(board: Board, forum: Phpbb) -> None:
    """There is no form then."""
    board.topics[1].locked = True
    with pytest.raises(Refused, match="This topic is locked"):
        await forum.submit(draft(), "k-1")


async def test_an_objection_in_an_unknown_language_is_tried_once_more(board: Board, forum: Phpbb) -> None:
    """It may be a wait, or a reason: nothing was saved either way, so that trying again harms nobody."""
    board.language = "fi"
    board.objections = ["Viestisi on liian lyhyt."] * 2
    with pytest.raises(RateLimited):
        await forum.submit(draft(), "k-1")
    with pytest.raises(Refused, match="liian lyhyt"):
        await forum.submit(draft(), "k-1")


async def test_what_waits_for_a_moderator_is_queued(board: Board, forum: Phpbb) -> None:
    """The board says so in a message and names no post; the ticket is the same whenever it is asked for."""
    board.moderated = True
    first = await forum.submit(draft(), "k-1")
    assert isinstance(first, Queued)
    assert first.ticket
    other = await forum.submit(draft("More"), "k-2")
    assert isinstance(other, Queued)
    assert other.ticket != first.ticket
    started = await forum.start(Opener(HERE, "A title", "Words", "zoe"), "k-3")
    assert isinstance(started, Queued)


@pytest.mark.parametrize("status", [200, 502])
async def test_a_page_that_no_board_sends_leaves_the_outcome_unknown(board: Board, forum: Phpbb, status: int) -> None:
    """It may have been done before something else answered."""

    async def broken() -> web.Response:
        return web.Response(text="<h1>Bad gateway</h1>", content_type="text/html", status=status)

    board.other = lambda request: broken() if request.method == "POST" and request.path == "/posting.php" else None
    with pytest.raises(OutcomeUnknown):
        await forum.submit(draft(), "k-1")


async def test_a_form_that_leads_to_another_site_is_not_sent(board: Board, forum: Phpbb) -> None:
    """With it would go the session."""
    page = drawing.posting_page("mode=reply", board.topics[1], "Re", "", {}, "", "")

    async def elsewhere() -> web.Response:
        text = page.replace('action="./posting.php', 'action="https://elsewhere.example/posting.php')
        return web.Response(text=text, content_type="text/html")

    board.other = lambda request: elsewhere() if request.path == "/posting.php" else None
    with pytest.raises(NotAllowed, match="elsewhere"):
        await forum.submit(draft(), "k-1")


# ------------------------------------------------------------------------------------------------------------ logins


async def test_a_wrong_password_is_tried_twice_and_no_more(board: Board, opened: Callable[[str, str], Phpbb]) -> None:
    """After the third failure the board wants a CAPTCHA of the account's owner, too."""
    forum = opened("bridge", "wrong")
    for _ in range(5):
        with pytest.raises(LoginRejected):
            await forum.submit(draft(), "k-1")
    assert board.failed == 2


async def test_a_captcha_is_the_owners(board: Board, forum: Phpbb) -> None:
    """No password is sent to a form that asks what only a person can answer."""
    board.failed = 3
    with pytest.raises(LoginRejected, match="CAPTCHA"):
        await forum.submit(draft(), "k-1")
    assert not board.sent


BARRED = "You have been <strong>permanently</strong> banned from this board."


async def barred() -> web.Response:
    return web.Response(text=drawing.message_page(BARRED), content_type="text/html")


async def test_who_is_barred_at_the_door_hears_the_boards_words(board: Board, forum: Phpbb) -> None:
    """A board shows it in place of every page: it is no line that is down, and no other reply waits for it."""
    login = await forum.connect("", "zoe\ntwo words")
    await forum.disconnect(login)
    board.other = lambda request: barred() if request.method == "POST" and "login" in request.query_string else None
    with pytest.raises(LoginRejected, match="permanently banned"):
        await forum.submit(draft(login=login), "k-1")
    board.other = lambda request: None
    assert isinstance(await forum.submit(draft("The bridge goes on"), "k-2"), Accepted)


async def test_who_is_barred_while_logged_in_hears_it_too(board: Board, forum: Phpbb) -> None:
    login = await forum.connect("", "zoe\ntwo words")
    await forum.submit(draft(login=login), "k-1")
    board.other = lambda request: barred() if "posting.php" in request.path else None
    with pytest.raises(Refused, match="permanently banned"):
        await forum.submit(draft("And again", login=login), "k-2")


@pytest.mark.parametrize("status", [200, 500])
async def test_a_login_without_an_answer_is_tried_again_later(board: Board, forum: Phpbb, status: int) -> None:
    """Nothing was written with it, whether it was opened or not."""

    async def broken() -> web.Response:
        return web.Response(text="Oops", content_type="text/html", status=status)

    board.other = lambda request: broken() if request.method == "POST" else None
    with pytest.raises(Unreachable):
        await forum.submit(draft(), "k-1")


async def test_without_an_account_nothing_is_posted(opened: Callable[[str, str], Phpbb]) -> None:
    """Guests read."""
    forum = opened("", "")
    assert forum.caps.write_identity == "none"
    with pytest.raises(NotAllowed):
        await forum.submit(draft(), "k-1")


async def test_probe_says_who_is_logged_in(forum: Phpbb, opened: Callable[[str, str], Phpbb]) -> None:
    """`check` shows it."""
    assert await forum.probe() == "phpBB 3.3 answers; bridge (user 60) is logged in"
    assert "nobody is logged in" in await opened("", "").probe()


# ------------------------------------------------------------------------------------------------- what is said and how


async def test_an_answer_to_a_post_points_to_it(board: Board, forum: Phpbb) -> None:
    """People on the forum see what is answered; in the chat it is a native answer, and the text is without it."""
    answer = await forum.submit(draft("I think so too", parent="2"), "k-1")
    assert isinstance(answer, Accepted)
    assert board.posts[3].raw == "[quote=ben post_id=2 user_id=52]First answer[/quote]\nI think so too"
    read = (await follow(forum, THREAD)).post(answer.post)
    assert (read.parent.state, read.parent.key) == (ParentState.KNOWN, "2")
    assert said(read.body) == "I think so too"


async def test_an_edit_keeps_what_points_to_the_answered_post(board: Board, forum: Phpbb) -> None:
    """Only the words are new."""
    answer = await forum.submit(draft("I think so too", parent="2"), "k-1")
    assert isinstance(answer, Accepted)
    await forum.revise(answer.post, draft("I do not think so", parent="2"), "k-2")
    assert board.posts[3].raw == "[quote=ben post_id=2 user_id=52]First answer[/quote]\nI do not think so"
    await forum.revise(answer.post, draft("I do not think so", parent="2"), "k-2")
    assert board.posts[3].edits == 1


async def test_an_answer_to_a_post_that_was_moved_answers_the_thread(board: Board, forum: Phpbb) -> None:
    """Its quote form would post into the other thread."""
    other = board.start("Elsewhere", "Something")
    await forum.submit(draft(parent=str(other.posts[0].id)), "k-1")
    assert (board.posts[4].topic, board.posts[4].raw) == (1, "From the chat")


@pytest.mark.parametrize(
    "text",
    [
        "Plain words",
        "**Bold** and *italic* and `code[i]` and [not a tag]",
        "A very long address https://example.org/a/very/long/path/that/goes/on/and/on/for/ever/and/ever?a=1&b=2 in it",
        'Gone ~~away~~ and <angle> & "quotes" 🎉',
        "> somebody said\n\nand I answer\n\n- one\n- two",
    ],
)
async def test_what_was_written_is_recognised_by_its_words(board: Board, forum: Phpbb, text: str) -> None:
    """After a crash they alone tell which post is ours: they must survive the board's own way of showing them."""
    sent = markup.write(markup.read(text, "markdown"), "bbcode")
    answer = await forum.submit(draft(sent, parent="2"), "k-1")
    assert isinstance(answer, Accepted)
    [found] = await forum.written(THREAD, 0)
    assert (found.post, found.author) == (answer.post, "bridge")
    assert words_digest(found.text, "bbcode") == words_digest(sent, "bbcode")
    body = (await follow(forum, THREAD)).post(answer.post).body
    assert words_digest(body.text, body.format) == words_digest(sent, "bbcode")


async def test_a_long_thread_is_looked_through_from_its_end(board: Board, forum: Phpbb) -> None:
    """What was written before the claim is not ours to find."""
    for n in range(50):
        board.post(1, "bridge" if n % 20 == 0 else "ben", f"Line {n}")
    board.asked.clear()
    late = [post for post in board.posts.values() if post.author == "bridge"][-1]
    found = await forum.written(THREAD, late.at * 1000)
    assert [one.post for one in found] == [str(late.id)]
    assert sum("viewtopic" in asked for asked in board.asked) == 2
    assert len(await forum.written(THREAD, 0)) == 3


async def test_tags_that_a_board_does_not_know_are_left_out(board: Board, forum: Phpbb) -> None:
    """They would stand in the post as they are."""
    text = '[s]old[/s] [spoiler="The end"]He did it[/spoiler] [b]bold[/b] [code][s]x[/s][/code]'
    await forum.submit(draft(text), "k-1")
    assert board.posts[3].raw == "old The end\nHe did it [b]bold[/b] [code][s]x[/s][/code]"


async def test_a_thread_is_started(board: Board, forum: Phpbb) -> None:
    """The board leads to the thread; its first post is read from there."""
    answer = await forum.start(Opener(HERE, "A new thing", "Look at this", "zoe"), "k-1")
    assert isinstance(answer, Started)
    topic = board.topics[int(answer.thread)]
    assert (topic.title, str(topic.posts[0].id)) == ("A new thing", answer.post)
    [found] = await forum.started(HERE, 0)
    assert (found.thread, found.post, found.title, found.text) == (
        answer.thread,
        answer.post,
        "A new thing",
        "Look at this",
    )


async def test_a_post_that_cannot_be_deleted_says_why(board: Board, forum: Phpbb) -> None:
    """Many boards let nobody delete what was answered."""
    answer = await forum.submit(draft(), "k-1")
    assert isinstance(answer, Accepted)
    await forum.submit(draft("And more"), "k-2")
    board.denied = "You cannot delete posts that were answered."
    with pytest.raises(Refused, match="were answered"):
        await forum.withdraw(THREAD, answer.post, "k-3")


# -------------------------------------------------------------------------------------------------------- own accounts


async def test_people_post_under_their_own_names(board: Board, forum: Phpbb) -> None:
    """And the post is theirs on the board, to edit and to delete."""
    login = await forum.connect("", "zoe\ntwo words")
    assert (login.id, login.name) == ("61", "zoe")
    assert "two words" not in repr((await forum.invite()).words)
    answer = await forum.submit(draft(login=login), "k-1")
    assert isinstance(answer, Accepted)
    assert board.posts[3].author == "zoe"
    assert [one.post for one in await forum.written(THREAD, 0, login)] == [answer.post]
    assert await forum.written(THREAD, 0) == ()
    await forum.revise(answer.post, draft("Better", login=login), "k-2")
    await forum.withdraw(THREAD, answer.post, "k-3", login)
    assert board.posts[3].deleted


async def test_an_account_that_is_given_back_is_logged_out(board: Board, forum: Phpbb) -> None:
    """Its session on the board ends."""
    login = await forum.connect("", "zoe\ntwo words")
    assert list(board.sessions.values()) == ["zoe"]
    await forum.disconnect(login)
    assert not board.sessions


async def test_a_login_of_somebody_else_is_rejected(forum: Phpbb) -> None:
    """What was kept of it is none of ours."""
    with pytest.raises(LoginRejected):
        await forum.submit(draft(login=Login("1", "zoe", "junk")), "k-1")


async def test_reading_goes_on_as_a_guest(board: Board, forum: Phpbb) -> None:
    """Also while somebody's account is lent to us: what is viewed is read there."""
    await forum.connect("", "zoe\ntwo words")
    cookies: list[str] = []

    def note(request: web.Request) -> None:
        cookies.append(request.headers.get("Cookie", ""))

    board.other = note
    await forum.thread(THREAD, Bookmark())
    assert cookies == [""]


async def test_no_password_is_shown(forum: Phpbb) -> None:
    """Not in what is printed of a login while somebody looks for a fault, and not in the words of an error."""
    login = await forum.connect("", "zoe\ntwo words")
    assert "two words" not in repr(Account.of(login))
    with pytest.raises(LoginRejected) as caught:
        await forum.connect("", "zoe\nanother one")
    assert "another one" not in str(caught.value)
