"""The comments of Isso, whose feed says that nothing changed whenever the newest comment is the same."""

from __future__ import annotations

import msgspec

from bot.model import Bookmark, ParentState, TargetKind, ThreadKey, ThreadPage
from bot.ports import Forum
from tests.house import House, has
from tests.servers.isso import Isso


def said(page: ThreadPage | None) -> list[tuple[str, str]]:
    """Who said what, in the page's order."""
    assert page is not None
    return [(post.author.name, post.body.text) for post in page.posts]


def whole(bookmark: Bookmark) -> Bookmark:
    """A bookmark that asks for the feed however little the server says has changed."""
    return msgspec.structs.replace(bookmark, etag="", last_modified="")


async def read(forum: Forum, isso: Isso, since: Bookmark = Bookmark()) -> ThreadPage | None:  # noqa: B008
    return await forum.thread(ThreadKey((await forum.locate(isso.feed)).key), since)


async def test_its_comments_are_a_thread_in_which_answers_know_their_parents(isso: Isso, forum: Forum) -> None:
    """Its feed says so (RFC 4685); an answer to an answer is filed under the comment at the top."""
    first = await isso.say("Ann", "The first comment")
    await isso.say("Bo", "The second comment")
    answer = await isso.say("Cy", "An answer to Ann", first)
    await isso.say("Di", "An answer to Cy", answer)
    target = await forum.locate(isso.feed)
    assert target.kind is TargetKind.THREAD
    assert any(line.startswith("no first post") for line in target.lacks)
    page = await read(forum, isso)
    assert page is not None
    names = {post.key: post.author.name for post in page.posts}
    assert {post.author.name: (post.parent.state, names.get(post.parent.key, "")) for post in page.posts} == {
        "Ann": (ParentState.THREAD, ""),
        "Bo": (ParentState.THREAD, ""),
        "Cy": (ParentState.KNOWN, "Ann"),
        "Di": (ParentState.KNOWN, "Ann"),
    }
    assert not any(post.op for post in page.posts)


async def test_what_it_calls_unchanged_is_changed(isso: Isso, forum: Forum) -> None:
    """Answers and edits below an older comment hide behind its 304; only asking without its validator shows them."""
    first = await isso.say("Ann", "The first comment")
    await isso.say("Bo", "The newest comment")
    page = await read(forum, isso)
    assert page is not None
    assert page.bookmark.etag
    await isso.say("Cy", "An answer to Ann", first)
    await isso.edit(first, "The first comment, mended")
    assert await read(forum, isso, page.bookmark) is None
    again = await read(forum, isso, whole(page.bookmark))
    assert ("Cy", "<p>An answer to Ann</p>") in said(again)
    assert ("Ann", "<p>The first comment, mended</p>") in said(again)
    assert again is not None
    assert [post.key for post in again.posts if post.author.name == "Ann"] == [
        post.key for post in page.posts if post.author.name == "Ann"
    ]


async def test_an_id_that_is_given_to_another_comment_is_another_post(isso: Isso, forum: Forum) -> None:
    """It reuses the id of the newest comment once that is deleted; one post would turn into somebody else's."""
    await isso.say("Ann", "The first comment")
    gone = await isso.say("Bo", "This will not stay")
    page = await read(forum, isso)
    assert page is not None
    await isso.delete(gone)
    assert (await isso.say("Cy", "Something else entirely")).id == gone.id
    again = await read(forum, isso, whole(page.bookmark))
    assert again is not None
    before = {post.author.name: post.key for post in page.posts}
    after = {post.author.name: post.key for post in again.posts}
    assert after["Cy"] not in before.values()


async def test_its_comments_reach_the_chat_once_each_though_it_hides_them(isso: Isso, here: House) -> None:
    """The whole way: found, mirrored, read on, and every now and then read without believing it."""
    first = await isso.say("Ann", "The first comment")
    await isso.say("Bo", "The newest comment")
    assert "The first comment" in await here.preview(isso.feed)
    assert "is mirrored into web:news now" in await here.mirror(isso.feed)
    await isso.say("Cy", "An answer to Ann", first)
    await isso.edit(first, "The first comment, mended")
    shown = await here.until(has("An answer to Ann", "mended"))
    for words in ("The first comment, mended", "The newest comment", "An answer to Ann"):
        assert sum(words in one for one in shown.values()) == 1, shown
