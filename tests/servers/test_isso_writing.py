"""What Isso does with what we write, and with what its guard refuses: over Isso itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapters.forums.isso import adapter
from adapters.forums.isso.addresses import Key, key_of, moment_of
from adapters.forums.isso.forum import Isso
from adapters.forums.isso.settings import Settings
from bot.errors import Gone, OutcomeUnknown, RateLimited, Refused
from bot.model import Accepted, Bookmark, Draft, ForumName, Judgement, PostKey, Queued, ThreadKey
from bot.ports import Context
from bot.testing.context import context
from bot.testing.faults import Line
from tests.servers.blog import Article, Blog
from tests.servers.isso import Comment

PAGE = ThreadKey("/t1/")


@pytest.fixture
async def blog(producers: Path, tmp_path: Path) -> AsyncIterator[Blog]:
    """A site with one page, below which nobody has commented."""
    async with Blog(producers, tmp_path / "isso") as made:
        made.articles[PAGE] = Article("Seeds", "Olga", "What I sowed.")
        yield made


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Context]:
    made = context(tmp_path, "blog", now=lambda: int(time.time() * 1000))
    yield made
    await made.net.close()


def opened(blog: Blog, ours: Context, **settings: str) -> Isso:
    """The adapter on the site."""
    forum = adapter.open(ForumName("blog"), Settings(address=blog.address, **settings), ours)  # type: ignore[arg-type]
    assert isinstance(forum, Isso)
    return forum


async def posted(forum: Isso, text: str, parent: str = "", author: str = "Zoe") -> PostKey:
    """The key of a comment that is taken at once."""
    answer = await forum.submit(Draft(PAGE, text, author, parent=PostKey(parent)), "k")
    assert isinstance(answer, Accepted)
    return answer.post


def key(comment: Comment) -> PostKey:
    return key_of(Key(comment.id, moment_of(comment.created), comment.parent))


async def texts(forum: Isso) -> list[tuple[str, str]]:
    """Who says what."""
    return [(one.author, one.text) for one in await forum.written(PAGE, 0)]


async def test_names_and_words_stand_as_they_were_said(blog: Blog, ours: Context) -> None:
    """Isso escapes names and keeps words as they are; read-back compares both to the letter."""
    forum = opened(blog, ours)
    name, text = 'Zoë <"&amp;"> ☃', "1 < 2 & *so* on\n\n> quoted\n\nhttps://e.example/a_b"
    await posted(forum, text, author=name)
    assert await texts(forum) == [(name, text)]
    page = await forum.thread(PAGE, Bookmark())
    assert page is not None
    assert [post.author.name for post in page.posts] == ["Olga", name]


async def test_the_first_comment_of_a_page_is_taken_also_where_isso_cannot_read_the_page(
    blog: Blog, ours: Context
) -> None:
    """It wants a title then, which we have read ourselves; a page that nobody can read is gone."""
    await blog.run(changed={f"host = {blog.site}/": "host = http://127.0.0.1:1/"})
    forum = opened(blog, ours, site=blog.site)
    await posted(forum, "Me first")
    assert blog.read("SELECT uri, title FROM threads") == [(PAGE, "Seeds")]
    with pytest.raises(Gone):
        await forum.submit(Draft(ThreadKey("/nowhere/"), "Me too", "Zoe"), "k")
    assert len(blog.read("SELECT id FROM threads")) == 1


async def test_an_answer_to_a_comment_that_is_gone_is_not_filed_under_the_page(blog: Blog, ours: Context) -> None:
    """Isso would do so without a word, and under whichever comment got the id since."""
    isso, forum = await blog.ready(), opened(blog, ours)
    gone = await isso.say("Ann", "This will not stay")
    await isso.delete(gone)
    with pytest.raises(Gone):
        await posted(forum, "In answer to Ann", key(gone))
    assert (await isso.say("Bo", "Something else")).id == gone.id
    with pytest.raises(Gone):
        await posted(forum, "In answer to Ann", key(gone))
    assert await texts(forum) == [("Bo", "Something else")]


async def test_an_answer_to_a_comment_that_was_deleted_under_its_answers_stands_there(
    blog: Blog, ours: Context
) -> None:
    isso, forum = await blog.ready(), opened(blog, ours)
    first = await isso.say("Ann", "This will not stay")
    answer = await isso.say("Bo", "In answer to Ann", first)
    await isso.delete(first)
    mine = await posted(forum, "In answer to Bo", key(answer))
    assert mine.rpartition(":")[2] == str(first.id), "Isso files it under the comment at the top"


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"ratelimit = 1000": "ratelimit = 1"}, RateLimited, "ratelimit exceeded"),
        ({"direct-reply = 100": "direct-reply = 1"}, Refused, "direct-reply in isso.cfg"),
        ({"reply-to-self = true": "reply-to-self = false"}, Refused, "reply-to-self in isso.cfg"),
        ({"[guard]": "[guard]\nrequire-email = true"}, Refused, "`email`"),
    ],
    ids=["rate", "direct", "self", "email"],
)
async def test_what_the_guard_refuses_is_said_with_what_can_be_done(
    blog: Blog, ours: Context, changed: dict[str, str], error: type[Exception], words: str
) -> None:
    """The rate is waited out; the others are for good, and in words."""
    isso, forum = await blog.ready(), opened(blog, ours)
    first = await isso.say("Ann", "Which ones?")
    await blog.run(changed=changed)
    parent = key(first) if "reply-to-self = true" in changed else ""
    with pytest.raises(error, match=words):
        await posted(forum, "All of them", parent)
    assert await texts(forum) == [("Ann", "Which ones?")]


async def test_an_address_goes_along_where_the_site_wants_one(blog: Blog, ours: Context) -> None:
    await blog.run(changed={"[guard]": "[guard]\nrequire-email = true"})
    await posted(opened(blog, ours, email="bridge@example.org"), "All of them")
    assert blog.read("SELECT email FROM comments") == [("bridge@example.org",)]


@pytest.mark.parametrize(("text", "words"), [("ok", "too short"), ("x" * 65_536, "too long")])
async def test_a_text_that_isso_takes_from_nobody_is_refused_in_its_words(
    blog: Blog, ours: Context, text: str, words: str
) -> None:
    forum = opened(blog, ours)
    mine = await posted(forum, "All of them")
    with pytest.raises(Refused, match=words):
        await posted(forum, text)
    with pytest.raises(Refused, match=words):
        await forum.revise(mine, Draft(PAGE, text, "Zoe"), "k")


async def test_a_comment_can_be_changed_for_as_long_as_isso_lets_it(blog: Blog, ours: Context) -> None:
    """Then its author is told; what is gone is gone, whoever took it away."""
    forum = opened(blog, ours)
    mine, other = await posted(forum, "All of them"), await posted(forum, "None of them")
    await blog.expire()
    for change in (
        forum.revise(mine, Draft(PAGE, "Most of them", "Zoe"), "k"),
        forum.withdraw(PAGE, mine, "k"),
    ):
        with pytest.raises(Refused, match="max-age"):
            await change
    blog.write("DELETE FROM comments WHERE text='None of them'")
    await forum.withdraw(PAGE, other, "k")
    with pytest.raises(Gone):
        await forum.revise(other, Draft(PAGE, "Most of them", "Zoe"), "k")


async def test_a_comment_that_somebody_else_wrote_is_not_ours_to_change(blog: Blog, ours: Context) -> None:
    """As one that was found by reading back: its cookie went to nobody."""
    isso, forum = await blog.ready(), opened(blog, ours)
    theirs = key(await isso.say("Ann", "Which ones?"))
    with pytest.raises(Refused):
        await forum.revise(theirs, Draft(PAGE, "All", "Zoe"), "k")
    with pytest.raises(Refused):
        await forum.withdraw(PAGE, theirs, "k")
    await forum.revise(theirs, Draft(PAGE, "Which ones?", "Ann"), "k")
    assert await texts(forum) == [("Ann", "Which ones?")]


async def test_what_lets_us_change_a_comment_is_on_the_disk_before_we_say_that_it_stands(
    blog: Blog, ours: Context
) -> None:
    """For our eyes alone; where it cannot be kept, the comment is found by reading back."""
    mine = await posted(opened(blog, ours), "All of them")
    file = ours.folder / "comments.json"
    assert file.stat().st_mode & 0o777 == 0o600
    again = opened(blog, ours)
    await again.revise(mine, Draft(PAGE, "Most of them", "Zoe"), "k")
    await again.withdraw(PAGE, mine, "k")
    assert await texts(again) == []
    assert b"cookie" not in file.read_bytes(), "what is gone needs no cookie"
    file.unlink()
    file.mkdir()
    (file / "in the way").touch()
    with pytest.raises(OutcomeUnknown, match="could not be kept"):
        await posted(again, "None of them")
    assert await texts(again) == [("Zoe", "None of them")]


async def test_a_comment_whose_id_was_given_again_is_not_changed(blog: Blog, ours: Context) -> None:
    """Our cookie opens an id; the words that it signs keep it from opening somebody else's comment."""
    isso, forum = await blog.ready(), opened(blog, ours)
    mine = await posted(forum, "All of them")
    blog.write("DELETE FROM comments")
    theirs = await isso.say("Ann", "Which ones?")
    assert mine.startswith(f"{theirs.id}:")
    await forum.withdraw(PAGE, mine, "k")
    with pytest.raises(Gone):
        await forum.revise(mine, Draft(PAGE, "None", "Zoe"), "k")
    assert await texts(forum) == [("Ann", "Which ones?")]


async def test_what_waits_is_changed_and_judged_as_far_as_we_may_see_it(blog: Blog, ours: Context) -> None:
    """While its cookie lasts we see it; afterwards that it is there; and that it is not, for ever."""
    await blog.run(moderated=True)
    forum = opened(blog, ours)
    waiting = [await forum.submit(Draft(PAGE, f"Row {n} came up", "Zoe"), f"k-{n}") for n in range(3)]
    tickets = [one.ticket for one in waiting if isinstance(one, Queued)]
    assert len(tickets) == 3
    assert forum.caps.read_back == "finds"
    assert {one.judgement for one in await forum.judged(PAGE, tickets)} == {Judgement.WAITS}
    await blog.expire(moderated=True)
    assert await forum.judged(PAGE, tickets) == ()
    with pytest.raises(Refused, match="max-age"):
        await forum.withdraw(PAGE, PostKey(tickets[0]), "k")
    isso = await blog.ready()
    await isso.moderate(1, "delete")
    await isso.moderate(2, "activate")
    told = {one.ticket: (one.judgement, one.post) for one in await forum.judged(PAGE, tickets)}
    assert told == {
        tickets[0]: (Judgement.REJECTED, ""),
        tickets[1]: (Judgement.APPROVED, tickets[1]),
    }


async def test_a_cut_answer_to_a_comment_is_found(blog: Blog, ours: Context) -> None:
    forum = opened(blog, ours)
    await posted(forum, "All of them")
    await blog.line(Line.DEAF)
    with pytest.raises(OutcomeUnknown):
        await posted(forum, "None of them")
    await blog.line(Line.WHOLE)
    assert await texts(forum) == [("Zoe", "All of them"), ("Zoe", "None of them")]
    assert forum.caps.read_back == "proof"


async def test_its_list_of_the_newest_puts_answers_before_comments_at_the_top(blog: Blog, ours: Context) -> None:
    """However old they are; whoever asks for few never hears of a new page. We ask for more."""
    isso, forum = await blog.ready(), opened(blog, ours)
    first = await isso.say("Ann", "Which ones?")
    for n in range(3):
        await isso.say("Bo", f"Row {n} came up", first)
    await isso.say("Cy", "A spade, anyone?", page="/tools/")
    async with aiohttp.ClientSession() as session, session.get(f"{isso.address}/latest?limit=3") as answer:
        assert {one["uri"] for one in await answer.json()} == {PAGE}
    listing = await forum.listing("comments", Bookmark())  # type: ignore[arg-type]
    assert listing is not None
    assert [thread.key for thread in listing.threads] == ["/tools/", PAGE]
