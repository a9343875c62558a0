"""Laws of a forum that takes files: what a post shows of them, and what an upload alone does."""

from __future__ import annotations

import struct
import zlib
from typing import Protocol, cast

import pytest

from bot.errors import LoginRejected, OutcomeUnknown, Refused
from bot.markup import read
from bot.markup.nodes import Kind, walk
from bot.model import Login
from bot.ports import ConnectsAccounts, TakesFiles
from bot.testing.faults import Line
from bot.testing.forum_accounts import LONG_AGO, REFUSED, lent
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_talk import (
    TYPED,
    WritableForum,
    accepted,
    draft,
    explained,
    follow,
    harmless,
    said,
    talk,
    words,
    writable,
)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x7f\x7f" * 2))
    + _chunk(b"IEND", b"")
)
"""An image of four grey points, which every engine takes for one."""


class TakingForum(WritableForum, TakesFiles, Protocol):
    """A forum that takes posts, and files for them."""


class FileLaws:
    """A forum that takes files is asked for them by these; the others skip them."""

    async def test_a_post_shows_the_file_that_was_uploaded_for_it(self, rig: ForumRig) -> None:
        """By its name, and by an address at which it can be had."""
        forum = await _taking(rig)
        made = await talk(rig)
        line = await forum.upload("cat_1.png", "image/png", PNG)
        answer = await accepted(forum, draft(forum, made, f"Look here\n\n{line}"), "k-1")
        shown = (await follow(forum, made.thread)).post(answer.post)
        assert said(shown.body).startswith("Look here cat_1.png"), "its words are the name of the file"
        tree = read(shown.body.text, shown.body.format, shown.link)
        assert any(node.target for node in walk(tree) if node.kind in (Kind.IMAGE, Kind.LINK, Kind.MEDIA))

    async def test_an_upload_alone_shows_nothing(self, rig: ForumRig) -> None:
        """It is repeated where its answer is lost, and must not be seen by anybody until its post is."""
        forum = await _taking(rig)
        made = await talk(rig)
        follower = await follow(forum, made.thread)
        await forum.upload("cat.png", "image/png", PNG)
        await forum.upload("cat.png", "image/png", PNG)
        changes = await follower.read()
        assert (changes.added, changes.edited, changes.deleted) == ((), (), ())

    async def test_read_back_finds_a_post_with_a_file(self, rig: ForumRig) -> None:
        """By the very words that were sent, with what stands for the file in them."""
        forum = await _taking(rig)
        if forum.caps.read_back == "none":
            pytest.skip("this forum cannot be asked for what we wrote (caps.read_back)")
        made = await talk(rig)
        text = f"Looked for\n\n{await forum.upload('cat_1.png', 'image/png', PNG)}"
        answer = await accepted(forum, draft(forum, made, text), "k-1")
        found = [one for one in await forum.written(made.thread, LONG_AGO) if one.post == answer.post]
        assert [words(one.text, forum.caps.format) for one in found] == [words(text, forum.caps.format)]

    async def test_a_file_may_be_uploaded_with_a_persons_account(self, rig: ForumRig) -> None:
        """The post will be theirs; with an account that is refused nothing is uploaded in another name."""
        forum = await _taking(rig)
        if not isinstance(forum, ConnectsAccounts):
            pytest.skip("people cannot lend us their accounts on this forum (ConnectsAccounts)")
        made, login = await talk(rig), await rig.login("dora")
        line = await forum.upload("cat.png", "image/png", PNG, login)
        await accepted(forum, lent(forum, made, f"Mine\n\n{line}", login), "k-1")
        with pytest.raises(LoginRejected):
            await forum.upload("cat.png", "image/png", PNG, Login(login.id, login.name, REFUSED))

    async def test_a_file_that_is_not_taken_is_refused_in_words(self, rig: ForumRig) -> None:
        """The post then links to it; a file of nothing is taken nowhere."""
        forum = await _taking(rig)
        with pytest.raises(Refused) as caught:
            await forum.upload("cat.png", "image/png", b"")
        explained(caught.value, "an empty file")

    async def test_an_upload_without_an_answer_has_an_unknown_outcome(self, rig: ForumRig) -> None:
        """It is repeated: nothing is said of it to anybody."""
        forum = await _taking(rig)
        await talk(rig)
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await forum.upload("cat.png", "image/png", PNG)

    async def test_only_adapter_errors_leave_an_upload(self, rig: ForumRig) -> None:
        """Names and kinds come from people's chats."""
        forum = await _taking(rig)
        for junk in TYPED:
            await harmless(f"upload({junk[:40]!r})", forum.upload(junk, junk, PNG))


async def _taking(rig: ForumRig) -> TakingForum:
    """The forum, where it takes files; else the law is skipped."""
    forum = await writable(rig)
    if not isinstance(forum, TakesFiles):
        pytest.skip("this forum takes no files (TakesFiles)")
    return cast(TakingForum, forum)
