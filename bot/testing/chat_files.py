"""Laws of what people put on their messages: that it is told, and can be had while it stands there."""

from __future__ import annotations

from typing import Protocol, cast

import pytest

from bot.errors import Gone, Refused
from bot.model import Attached, Said
from bot.ports import Chat, KeepsFiles
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_talk import heard, listening, only, words
from bot.testing.forum_talk import TYPED, explained, harmless

MOST = 1_000_000
CONTENT = bytes(range(256)) * 8


class FileChat(Chat, KeepsFiles, Protocol):
    """A chat whose people put files on their messages."""


class ChatFileLaws:
    """A chat that gives the files on messages is asked for them by these; the others skip them."""

    async def test_a_file_on_a_message_is_told_and_can_be_had(self, rig: ChatRig) -> None:
        """It goes to the forum with the words, byte for byte."""
        chat = await _keeping(rig)
        async with await listening(rig, chat) as ears:
            message = await rig.as_person("Ann").attach(rig.where, "Look here", "notes.bin", CONTENT)
            event = only(await heard(ears, rig))
        assert isinstance(event, Said)
        assert (event.message, words(event.text, event.format)) == (message, "Look here")
        [file] = event.files
        assert file.name == "notes.bin"
        assert file.size in (0, len(CONTENT))
        assert await chat.file(file, MOST) == CONTENT

    async def test_a_file_alone_is_said_without_words(self, rig: ChatRig) -> None:
        """Its name is no caption: it stands in the post by itself."""
        chat = await _keeping(rig)
        async with await listening(rig, chat) as ears:
            await rig.as_person("Ann").attach(rig.where, "", "notes.bin", CONTENT)
            event = only(await heard(ears, rig))
        assert isinstance(event, Said)
        assert words(event.text, event.format) == ""
        assert [one.name for one in event.files] == ["notes.bin"]

    async def test_a_file_can_be_had_after_a_restart(self, rig: ChatRig) -> None:
        """A reply may wait for its forum for days; all that it takes lies in what was told."""
        file = await _one(rig, await _keeping(rig))
        again = await rig.reopen()
        assert isinstance(again, KeepsFiles)
        assert await again.file(file, MOST) == CONTENT

    async def test_a_file_larger_than_asked_for_is_refused(self, rig: ChatRig) -> None:
        """It would fill our memory; the post links to it."""
        chat = await _keeping(rig)
        file = await _one(rig, chat)
        with pytest.raises(Refused) as caught:
            await chat.file(file, len(CONTENT) - 1)
        explained(caught.value, "a file that is too large")
        assert await chat.file(file, len(CONTENT)) == CONTENT

    async def test_a_file_whose_message_is_gone_is_gone(self, rig: ChatRig) -> None:
        """Somebody took it back: it must not come up on the forum."""
        chat, ann = await _keeping(rig), rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            message = await ann.attach(rig.where, "Look here", "notes.bin", CONTENT)
            event = only(await heard(ears, rig))
        assert isinstance(event, Said)
        await ann.delete(rig.where, message)
        with pytest.raises(Gone):
            await chat.file(event.files[0], MOST)

    async def test_only_adapter_errors_leave_a_file(self, rig: ChatRig) -> None:
        """Its address comes from a database that may be another chat's."""
        chat = await _keeping(rig)
        for junk in TYPED:
            await harmless(f"file({junk[:40]!r})", chat.file(Attached(junk, junk), MOST))


async def _one(rig: ChatRig, chat: FileChat) -> Attached:
    async with await listening(rig, chat) as ears:
        await rig.as_person("Ann").attach(rig.where, "Look here", "notes.bin", CONTENT)
        event = only(await heard(ears, rig))
    assert isinstance(event, Said)
    return event.files[0]


async def _keeping(rig: ChatRig) -> FileChat:
    """The chat, where it gives files; else the law is skipped."""
    chat = await rig.chat()
    if not isinstance(chat, KeepsFiles):
        pytest.skip("nobody puts files on messages in this chat (KeepsFiles)")
    return cast(FileChat, chat)
