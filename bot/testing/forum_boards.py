"""Laws of boards, addresses and early signs: how threads are found."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import AdapterError, Gone
from bot.model import BoardKey, Bookmark, Hint, Listing, TargetKind, ThreadKey
from bot.ports import ListsBoards, NamesThreads, Pushes
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import TYPED, Talk, follow, harmless, talk


class BoardLaws:
    """Every forum is searched by these."""

    async def test_a_thread_is_found_by_its_own_link(self, rig: ForumRig) -> None:
        """People paste what their browser shows."""
        made = await talk(rig)
        page = await follow(made.forum, made.thread)
        assert page.thread is not None
        assert page.thread.link, "a thread has a link, for every copy of its posts leads there"
        found = await made.forum.locate(page.thread.link)
        assert (found.kind, found.key) == (TargetKind.THREAD, made.thread)
        assert found.title, "the person who mirrors is told what was found"
        if found.link:
            again = await made.forum.locate(found.link)
            assert (again.kind, again.key) == (found.kind, found.key), "the link that is shown leads there"

    async def test_a_thread_is_named_by_its_link_and_its_posts_links(self, rig: ForumRig) -> None:
        """`why ADDRESS`: people copy the link that stands at a post; the forum need not answer for that."""
        made = await talk(rig)
        if not isinstance(made.forum, NamesThreads):
            pytest.skip("the addresses of this forum do not tell their thread (NamesThreads)")
        page = await follow(made.forum, made.thread)
        assert page.thread is not None
        for link in (page.thread.link, *(post.link for post in page.posts.values() if post.link)):
            assert made.forum.thread_named(link) == made.thread

    async def test_a_foreign_link_names_no_thread(self, rig: ForumRig) -> None:
        """Somebody would be told of another thread than he asked for."""
        forum = await rig.forum()
        if not isinstance(forum, NamesThreads):
            pytest.skip("the addresses of this forum do not tell their thread (NamesThreads)")
        for link in (rig.foreign_address, "", *TYPED):
            with pytest.raises(Gone):
                forum.thread_named(link)

    async def test_a_board_is_found_by_its_own_link(self, rig: ForumRig) -> None:
        """A board is mirrored by its address."""
        listing = await _listing(rig)
        if not listing.board.link:
            pytest.skip("the boards of this forum have no address")
        found = await (await rig.forum()).locate(listing.board.link)
        assert (found.kind, found.key) == (TargetKind.BOARD, rig.board)

    async def test_a_listed_board_is_found_by_its_address(self, rig: ForumRig) -> None:
        """Whoever searches a forum for a board mirrors what was found, and many at once."""
        await _listing(rig)
        forum = await rig.forum()
        if not isinstance(forum, ListsBoards):
            pytest.skip("this forum does not list its boards (ListsBoards)")
        there = await forum.boards()
        assert there, "a forum that lists its boards has some"
        assert len({board.key for board in there}) == len(there), "each board stands in the list once"
        for board in there:
            assert board.name, "people search by names"
            assert not board.path or board.path[-1] == board.name, "the way to a board ends with it"
            found = await forum.locate(board.link)
            assert (found.kind, found.key) == (TargetKind.BOARD, board.key)

    async def test_a_foreign_address_is_not_taken(self, rig: ForumRig) -> None:
        """Somebody would follow the wrong forum and not know why nothing comes."""
        forum = await rig.forum()
        with pytest.raises(AdapterError):
            await forum.locate(rig.foreign_address)

    async def test_a_listing_has_the_newest_activity_first(self, rig: ForumRig) -> None:
        """What is due is read in this order, and a window of a listing is its newest part."""
        await _listing(rig)
        forum = await rig.forum()
        older = await rig.start_thread("The older thread", "words", "ann")
        newer = await rig.start_thread("The newer thread", "words", "ben")
        assert _order(await forum.listing(rig.board, Bookmark()), older, newer) == [newer, older]
        await rig.post(older, "", "cleo", "Up again")
        assert _order(await forum.listing(rig.board, Bookmark()), older, newer) == [older, newer]

    async def test_an_unchanged_listing_brings_no_news(self, rig: ForumRig) -> None:
        """A token that changes by itself makes every thread of the board be read at every poll."""
        made = await talk(rig)
        first = await _listing(rig)
        again = await made.forum.listing(rig.board, first.bookmark)
        if again is not None:
            tokens = {thread.key: thread.token for thread in first.threads}
            assert {thread.key: thread.token for thread in again.threads} == tokens

    async def test_a_thread_with_news_has_another_token(self, rig: ForumRig) -> None:
        """The token alone says which threads of a listing are to be read."""
        made = await talk(rig)
        first = await _listing(rig)
        await made.post("dora", "Something new")
        second = await made.forum.listing(rig.board, first.bookmark)
        assert second is not None, "the board has a new post, so its listing has changed"
        before, after = (
            next((thread for thread in one.threads if thread.key == made.thread), None) for one in (first, second)
        )
        assert before is not None, "the thread stands on its board"
        assert after is not None, "the thread stands on its board"
        assert after.token != before.token or not after.token, "an empty token is honest, an old one hides the post"

    async def test_an_unknown_board_is_gone(self, rig: ForumRig) -> None:
        """The admin is told that the board is not there any more."""
        forum = await rig.forum()
        with pytest.raises(Gone):
            await forum.listing(rig.missing_board, Bookmark())

    async def test_only_adapter_errors_leave_an_address(self, rig: ForumRig) -> None:
        """Addresses and board names are what people type into commands."""
        forum = await rig.forum()
        for junk in TYPED:
            await harmless(f"listing({junk[:40]!r})", forum.listing(BoardKey(junk), Bookmark()))
            await harmless(f"locate({junk[:40]!r})", forum.locate(junk))

    async def test_a_hint_names_what_can_be_read(self, rig: ForumRig) -> None:
        """A hint makes a source due; one that names no source is never heard. Some may be lost, so many are caused."""
        forum = await rig.forum()
        if not isinstance(forum, Pushes):
            pytest.skip("this forum says nothing early (Pushes)")
        made = await talk(rig)
        hint = await _first_hint(forum, made)
        if hint.kind is TargetKind.BOARD:
            assert await forum.listing(BoardKey(hint.key), Bookmark()) is not None
        else:
            assert await forum.thread(ThreadKey(hint.key), Bookmark()) is not None


async def _listing(rig: ForumRig) -> Listing:
    if not rig.board:
        pytest.skip("the rig names no board")
    await rig.start_thread("A quiet thread", "words", "ann")  # a board without threads may look like no board
    listing = await (await rig.forum()).listing(rig.board, Bookmark())
    assert listing is not None, "an empty bookmark asks for everything"
    return listing


def _order(listing: Listing | None, *threads: ThreadKey) -> list[ThreadKey]:
    assert listing is not None, "an empty bookmark asks for everything"
    return [thread.key for thread in listing.threads if thread.key in threads]


async def _first_hint(pushes: Pushes, made: Talk) -> Hint:
    """The first hint that comes while people post; some may be lost, so more than one post is made."""
    hints = pushes.hints()
    first = asyncio.ensure_future(anext(hints))
    try:
        for n in range(20):
            await asyncio.sleep(0)  # the hints are asked for before there is something to hint at
            await made.post("dora", f"News {n}")
            if (await asyncio.wait({first}, timeout=0.5))[0]:
                return first.result()
        pytest.fail("20 posts caused no hint: `hints` tells of changes while it is asked")
    finally:
        first.cancel()
        await asyncio.wait({first})
        if hasattr(hints, "aclose"):
            await hints.aclose()
