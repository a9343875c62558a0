"""How a page's comments are read: whole, in bounded steps, and never as less than there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from adapters.forums.isso.addresses import Key, key_of, moment_of
from adapters.forums.isso.forum import Isso
from adapters.forums.isso.reading import ALL
from adapters.forums.isso.walk import BELOW, REQUESTS, TOPS
from bot.errors import (
    AdapterError,
    Gone,
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Unparsable,
    Unreachable,
)
from bot.model import Bookmark, Draft, PostKey, TargetKind, ThreadKey, ThreadPage
from tests.unit.isso.standing import NOW, PAGE, comment, standing

THREAD = ThreadKey(PAGE)


def key(told: dict[str, Any]) -> PostKey:
    """What a comment is known by."""
    return key_of(Key(told["id"], moment_of(told["created"]), told["parent"]))


async def pages(forum: Isso, most: int = 100) -> list[ThreadPage]:
    """All readings that belong together."""
    found: list[ThreadPage] = []
    bookmark = Bookmark()
    for _ in range(most):
        page = await forum.thread(THREAD, bookmark)
        assert page is not None
        found.append(page)
        bookmark = page.bookmark
        if not page.more:
            return found
    pytest.fail(f"after {most} readings there is still more")


async def test_a_page_that_did_not_change_costs_one_question(tmp_path: Path) -> None:
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1), comment(2, parent=1)]
        [page] = await pages(forum)
        isso.asked.clear()
        assert await forum.thread(THREAD, page.bookmark) is None
        assert len(isso.asked) == 1


async def test_a_board_that_did_not_change_costs_one_question(tmp_path: Path) -> None:
    """Its list has no validators: the same bytes say it, and nothing of them is read."""
    async with standing(tmp_path) as (isso, forum):
        isso.said["/latest"] = msgspec.json.encode([comment(1, uri=PAGE)])
        listing = await forum.listing(ALL, Bookmark())
        assert listing is not None
        isso.asked.clear()
        assert await forum.listing(ALL, listing.bookmark) is None
        assert isso.asked == ["/latest?limit=200"]


async def test_a_list_that_reaches_back_no_further_than_its_answers_is_asked_for_more(tmp_path: Path) -> None:
    """Isso puts answers before comments at the top: a list of answers alone hides the newest page."""
    answers = [comment(n, parent=1, uri=PAGE) for n in range(2, 1000)]
    tops = [comment(1, uri=PAGE), comment(1001, uri="/new/")]
    async with standing(tmp_path) as (isso, forum):

        async def newest(request: web.Request) -> bytes:
            return msgspec.json.encode([*tops, *answers][-int(request.query["limit"]) :])

        isso.calls["/latest"] = newest
        listing = await forum.listing(ALL, Bookmark())
        assert listing is not None
        assert [thread.key for thread in listing.threads] == ["/new/", PAGE]
        assert not listing.gap
        isso.asked.clear()
        assert await forum.listing(ALL, listing.bookmark) is None
        assert len(isso.asked) == 1, "how much is needed is remembered"


async def test_a_site_that_lists_nothing_says_what_can_be_done(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, forum):
        with pytest.raises(NotAllowed, match=r"latest-enabled.*`pages`"):
            await forum.listing(ALL, Bookmark())


async def test_pages_that_are_named_are_listed_by_their_counts(tmp_path: Path) -> None:
    async with standing(tmp_path, pages=(PAGE, "/quiet/")) as (isso, forum):
        isso.said["/count"] = b"[2, 0]"
        listing = await forum.listing(ALL, Bookmark())
        assert listing is not None
        assert [(thread.key, thread.replies, thread.token) for thread in listing.threads] == [(PAGE, 2, "2")]
        isso.asked.clear()
        assert await forum.listing(ALL, listing.bookmark) is None
        assert isso.asked == ["/count"]
        isso.said["/count"] = b"[2]"
        with pytest.raises(Unparsable):
            await forum.listing(ALL, Bookmark())


async def test_a_long_page_is_read_whole_in_one_reading(tmp_path: Path) -> None:
    """More comments at the top than are asked for at once, and more answers below some of them."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(n) for n in range(1, TOPS + 50)]
        below = 5_000
        for top, many in ((1, BELOW + 1), (TOPS, 2 * TOPS + BELOW)):
            isso.comments += [comment(below + n, parent=top) for n in range(many)]
            below += many
        [page] = await pages(forum)
        assert {post.key for post in page.posts if not post.op} == {key(one) for one in isso.comments}
        assert page.complete
        assert all(post.parent.key for post in page.posts if post.key.count(":") == 2)


async def test_a_hundred_thousand_comments_are_read_in_bounded_steps(tmp_path: Path) -> None:
    """Each reading asks a dozen questions at the most, and the next one goes on from there."""
    async with standing(tmp_path) as (isso, forum):
        ids = range(1, 100_001)
        raw = {
            n: msgspec.Raw(msgspec.json.encode(comment(n) | {"total_replies": 0, "hidden_replies": 0, "replies": []}))
            for n in ids
        }

        def some(asked: dict[str, str]) -> dict[str, Any]:
            offset, limit = int(asked.get("offset", 0)), int(asked["limit"])
            told = [raw[n] for n in ids[offset : offset + limit]]
            return {"replies": told, "hidden_replies": len(ids) - offset - len(told), "total_replies": len(ids)}

        isso.ask = some
        seen: set[str] = set()
        bookmark, readings = Bookmark(), 0
        while True:
            isso.asked.clear()
            page = await forum.thread(THREAD, bookmark)
            assert page is not None
            assert len([asked for asked in isso.asked if asked.startswith("/?")]) <= REQUESTS
            assert len(page.bookmark.cursor) < 4096
            seen.update(post.key for post in page.posts if not post.op)
            bookmark, readings = page.bookmark, readings + 1
            if not page.more:
                break
        assert len(seen) == len(ids)
        assert readings < 30
        assert not page.complete, "what was read at other times proves nothing about what is missing now"


async def test_a_deletion_between_two_answers_hides_nothing(tmp_path: Path) -> None:
    """What follows moves up by one: the comment that slips through would look deleted."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(n) for n in range(1, TOPS + 200)]
        whole, tree = [*isso.comments], isso.ask

        def shrinking(asked: dict[str, str]) -> dict[str, Any]:
            told = tree(asked)
            isso.comments = whole[5:]
            return told

        isso.ask = shrinking
        [page] = await pages(forum)
        assert {post.key for post in page.posts if not post.op} == {key(one) for one in whole[5:]}
        assert page.complete


@pytest.mark.parametrize("more", [True, False], ids=["for ever", "while it lasts"])
async def test_an_answer_that_repeats_ends(tmp_path: Path, more: bool) -> None:
    """Whatever is asked for: the same comments, of which there are said to be more."""
    async with standing(tmp_path) as (isso, forum):
        told = [comment(n) | {"total_replies": 0, "hidden_replies": 0, "replies": []} for n in (1, 2)]
        isso.ask = lambda asked: {"replies": told if more else told[:1], "hidden_replies": 9, "total_replies": 99}
        [page] = await pages(forum, 3)
        assert not page.complete
        assert len(isso.asked) < 10
        assert page.gap


async def test_answers_that_repeat_below_one_comment_end(tmp_path: Path) -> None:
    async with standing(tmp_path) as (isso, forum):
        below = [comment(n, parent=1) for n in (2, 3)]
        top = comment(1) | {"total_replies": 99, "hidden_replies": 97, "replies": below}

        def same(asked: dict[str, str]) -> dict[str, Any]:
            told = below if "parent" in asked else [top]
            return {"replies": told, "hidden_replies": 97 if "parent" in asked else 0, "total_replies": 99}

        isso.ask = same
        [page] = await pages(forum, 3)
        assert not page.complete
        assert page.gap


async def test_an_answer_that_is_too_large_is_asked_for_in_smaller_parts(tmp_path: Path) -> None:
    """The longest comments have 64 KiB each: many of them on one page must not silence it."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(n, f"{n} " + "☃" * 60_000) for n in range(1, 101)]
        [page] = await pages(forum)
        assert len(page.posts) == 101
        assert page.complete


async def test_a_page_without_comments_that_is_there_is_an_empty_thread(tmp_path: Path) -> None:
    """Isso says the same of a page that nobody has commented on yet and of one that never was."""
    async with standing(tmp_path) as (isso, forum):
        [page] = await pages(forum)
        assert [(post.op, post.title) for post in page.posts] == [(True, "Seeds")]
        with pytest.raises(Gone):
            await forum.thread(ThreadKey("/t2/"), Bookmark())
        isso.said[PAGE] = web.Response(status=503)
        with pytest.raises(Unreachable):
            await forum.thread(THREAD, Bookmark())


async def test_older_servers_say_404_of_a_page_without_comments(tmp_path: Path) -> None:
    """In their own words; the 404 of whatever stands in its place deletes nothing."""
    async with standing(tmp_path) as (isso, forum):
        isso.said["/"] = web.Response(
            status=404,
            text="<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No.</p>",
        )
        [page] = await pages(forum)
        assert len(page.posts) == 1
        isso.said["/info"] = isso.said["/"]
        with pytest.raises(Unparsable):
            await forum.thread(THREAD, Bookmark())
        isso.said["/"] = web.Response(status=404, text="<html><center><h1>404 Not Found</h1></center><hr>nginx</html>")
        with pytest.raises(Unparsable):
            await forum.thread(THREAD, Bookmark())


async def test_a_server_that_is_misplaced_says_nothing_of_comments(tmp_path: Path) -> None:
    """The 404 of whatever stands there instead: nothing is deleted by it, and nothing was posted."""
    missing = web.Response(status=404, text="<html><center><h1>404 Not Found</h1></center><hr>nginx</html>")
    post = PostKey("1:1795400001250000")
    async with standing(tmp_path, pages=(PAGE,)) as (isso, forum):
        isso.said = dict.fromkeys(("/", "/count", "/id/1", "/new"), missing)
        with pytest.raises(Unparsable):
            await forum.listing(ALL, Bookmark())
        with pytest.raises(Unparsable):
            await forum.withdraw(THREAD, post, "k")
        for parent in ("", post):
            with pytest.raises(Unreachable):
                await forum.submit(Draft(THREAD, "words", "Zoe", parent=PostKey(parent)), "k")
        del isso.said["/"]
        with pytest.raises(Unparsable):
            await forum.withdraw(THREAD, post, "k")


async def test_nothing_that_can_fail_comes_after_a_comment_was_posted(tmp_path: Path) -> None:
    """An error then would have it posted again."""
    async with standing(tmp_path) as (isso, forum):
        isso.said |= {"/info": web.Response(status=503), "/new": web.Response(status=201, body=b"{}")}
        with pytest.raises(Unreachable):
            await forum.submit(Draft(THREAD, "words", "Zoe"), "k")
        assert isso.asked == ["/info"]
        del isso.said["/info"]
        with pytest.raises(OutcomeUnknown):
            await forum.submit(Draft(THREAD, "words", "Zoe"), "k")
        assert isso.asked[-1].startswith("/new")


async def test_comments_are_read_where_their_page_cannot_be(tmp_path: Path) -> None:
    """Its name stands in for its title; where nothing is at its address, links lead to where Isso tells of it."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1)]
        isso.said[PAGE] = web.Response(status=500)
        [page] = await pages(forum)
        assert (page.posts[0].title, page.thread.link) == (PAGE, f"{isso.site.address}{PAGE}")
        isso.said[PAGE] = web.Response(status=404)
        [page] = await pages(forum)
        assert page.thread.link == f"{isso.site.address}/?uri={PAGE}"
        assert page.posts[1].link == f"{isso.site.address}/?uri={PAGE}#isso-1"


async def test_a_page_that_cannot_be_read_is_not_asked_for_while_its_comments_stay_as_they_are(tmp_path: Path) -> None:
    """Once they change, its title is learnt."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1)]
        isso.said[PAGE] = web.Response(status=500)
        [page] = await pages(forum)
        isso.asked.clear()
        assert await forum.thread(THREAD, page.bookmark) is None
        assert len(isso.asked) == 1
        del isso.said[PAGE]
        isso.comments.append(comment(2))
        changed = await forum.thread(THREAD, page.bookmark)
        assert changed is not None
        assert changed.posts[0].title == "Seeds"


async def test_a_server_that_keeps_to_itself_what_it_is_is_read(tmp_path: Path) -> None:
    """What it keeps may be that it moderates: then read-back proves nothing."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1)]
        isso.said["/info"] = web.Response(status=403)
        [page] = await pages(forum)
        assert len(page.posts) == 2
        assert forum.caps.read_back == "finds"
        assert await forum.written(THREAD, 0)
        assert forum.caps.read_back == "finds"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (web.Response(text="<title>Log in</title><input type=password>", content_type="text/html"), Unparsable),
        (web.Response(text="<title>Just a moment...</title>", content_type="text/html"), Unparsable),
        (web.Response(text='{"replies": [{"id": 1, "cre', content_type="application/json"), Unparsable),
        (web.Response(status=403, text="<title>Attention Required! | Cloudflare</title>"), NotAllowed),
        (web.Response(status=401), LoginRejected),
        (web.Response(status=429, headers={"Retry-After": "30"}), RateLimited),
        (web.Response(status=502), Unreachable),
    ],
    ids=["login", "block", "cut", "forbidden", "password", "limited", "gateway"],
)
async def test_every_answer_that_is_none_has_its_error(
    tmp_path: Path, said: web.Response, error: type[AdapterError]
) -> None:
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1)]
        isso.said |= {"/": said, "/latest": said}
        for reading in (forum.thread(THREAD, Bookmark()), forum.listing(ALL, Bookmark()), forum.written(THREAD, 0)):
            with pytest.raises(error):
                await reading


async def test_a_page_is_found_by_its_own_address_and_not_by_another_server_s(tmp_path: Path) -> None:
    """What its comments are filed under may be another path than its own."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1)]
        place = '<section id="isso-thread" data-isso-id="/t1/"></section>'
        isso.said["/post/"] = f'<script data-isso="{isso.site.address}/"></script>{place}'.encode()
        found = await forum.locate(f"{isso.site.address}/post/")
        assert (found.kind, found.key) == (TargetKind.THREAD, PAGE)
        isso.said["/post/"] = f'<script data-isso="https://other.example/"></script>{place}'.encode()
        with pytest.raises(Unparsable, match=r"other\.example"):
            await forum.locate(f"{isso.site.address}/post/")
        isso.said["/"] = msgspec.json.encode({"replies": [], "hidden_replies": 0, "total_replies": 0})
        isso.said["/post/"] = b"<title>All posts</title>"
        with pytest.raises(Unparsable, match="shows no comments"):
            await forum.locate(f"{isso.site.address}/post/")
        with pytest.raises(Unparsable):
            await forum.locate("https://elsewhere.example/t1/")


async def test_who_we_are_is_told(tmp_path: Path) -> None:
    async with standing(tmp_path) as (isso, forum):
        assert await forum.probe() == f"Isso 0.14.0 for {isso.site.address}; we are a guest"
        assert forum.caps.read_back == "proof", "a site that moderates nothing shows everything"
        isso.said["/info"] = b'{"version": "0.14.0", "origin": "https://b.example", "moderation": true}'
        assert await forum.probe() == "Isso 0.14.0 for https://b.example, comments wait for a moderator; we are a guest"
        assert forum.caps.read_back == "finds"
        isso.said["/info"] = b"<html>"
        with pytest.raises(Unparsable):
            await forum.probe()


async def test_a_comment_is_named_by_a_link_once_it_was_read(tmp_path: Path) -> None:
    """Links tell an id alone, and ids are given again."""
    async with standing(tmp_path) as (isso, forum):
        isso.comments = [comment(1)]
        with pytest.raises(Gone, match="not read since the start"):
            forum.named(f"{isso.site.address}/?uri={PAGE}#isso-1")
        [page] = await pages(forum)
        assert forum.named(f"{isso.site.address}{PAGE}#isso-1") == page.posts[1].key
        assert page.posts[1].created.latest <= NOW
