"""Laws of hearing: what the listener may rely on."""

from __future__ import annotations

import pytest

from bot.errors import AdapterError
from bot.model import Commanded, Deleted, Edited, Reacted, Reaction, Receipt, Said, Where
from bot.ports import KnowsCommunities
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_talk import Ears, doer, heard, kinds, listening, only, payload, saying, send_one, subject, words
from bot.testing.forum_reading import EARLIEST
from bot.testing.forum_talk import JUNK, explained


class HearingLaws:
    """Every chat is listened to by these."""

    async def test_what_people_say_is_heard_as_they_said_it(self, rig: ChatRig) -> None:
        """Their words go to the forum under their name."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            message = await ann.say(rig.where, "Hello to the forum")
            event = only(await heard(ears, rig))
        assert isinstance(event, Said)
        assert (event.message, event.where, event.reply_to) == (message, rig.where, "")
        assert words(event.text, event.format) == "Hello to the forum"
        assert (event.person.id, event.person.name, event.person.bot) == (ann.id, "Ann", False)
        assert event.at > EARLIEST, f"{event.at} is no time in milliseconds since 1970"

    async def test_a_reply_tells_what_it_answers(self, rig: ChatRig) -> None:
        """It becomes an answer to that very post."""
        chat = await rig.chat()
        ours = await send_one(chat, rig.where, "a post", "k-1")
        async with await listening(rig, chat) as ears:
            await rig.as_person("Ann").say(rig.where, "an answer", ours)
            event = only(await heard(ears, rig))
        assert isinstance(event, Said)
        assert event.reply_to == ours
        assert words(event.text, event.format) == "an answer", "what the chat quotes of the parent is not the person's"

    async def test_words_in_a_chat_thread_say_where_they_stand(self, rig: ChatRig) -> None:
        """They belong to the forum thread that stands there."""
        chat = await rig.chat()
        if not chat.caps.threads:
            pytest.skip("this chat has no threads (caps.threads)")
        root = await send_one(chat, rig.where, "root", "k-1")
        inside = Where(rig.where.channel, await chat.open_thread(rig.where, root, "A thread", "t-1"))
        async with await listening(rig, chat) as ears:
            await rig.as_person("Ann").say(inside, "in the thread")
            event = only(await heard(ears, rig))
        assert isinstance(event, Said)
        assert event.where == inside

    async def test_an_edit_is_heard(self, rig: ChatRig) -> None:
        """With the whole new text: it replaces the post."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            message = await ann.say(rig.where, "before")
            await ann.edit(rig.where, message, "afterwards")
            events = await heard(ears, rig)
        assert kinds(events) == ["Said", "Edited"]
        assert isinstance(events[1], Edited)
        assert (events[1].message, words(events[1].text, events[1].format)) == (message, "afterwards")

    async def test_a_deletion_is_heard(self, rig: ChatRig) -> None:
        """Somebody takes back what they said; it is withdrawn from the forum.

        It was heard before: of what is gone already, some chats tell nothing.
        """
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            message = await ann.say(rig.where, "regretted")
            events = await ears.until(saying("regretted"))
            await ann.delete(rig.where, message)
            events += await heard(ears, rig)
        assert kinds(events) == ["Said", "Deleted"]
        assert isinstance(events[1], Deleted)
        assert events[1].message == message

    async def test_a_reaction_is_heard_and_so_is_its_end(self, rig: ChatRig) -> None:
        """Reactions are how people follow and mark what they have read."""
        chat = await rig.chat()
        if not chat.caps.reactions:
            pytest.skip("this chat has no reactions (caps.reactions)")
        message = await send_one(chat, rig.where, "a post", "k-1")
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            await ann.react(rig.where, message, rig.reaction)
            events = await ears.until(lambda event: isinstance(event, Reacted))
            await ann.react(rig.where, message, rig.reaction, on=False)
            events += await heard(ears, rig)
        told = [(one.message, one.reaction, one.on) for one in events if isinstance(one, Reacted)]
        assert told == [(message, rig.reaction, True), (message, rig.reaction, False)]

    async def test_how_far_people_have_read_is_heard(self, rig: ChatRig) -> None:
        """Whoever asks for it has their marks follow what they read in the chat."""
        chat = await rig.chat()
        if not chat.caps.receipts:
            pytest.skip("this chat does not tell how far people have read (caps.receipts)")
        message = await send_one(chat, rig.where, "a post", "k-1")
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            await ann.read(rig.where, message)
            await rig.as_person("Closing").say(rig.where, "that was all")
            events = await ears.until(saying("that was all"))
        read = only([event for event in events if isinstance(event, Receipt) and event.person.id == ann.id])
        assert isinstance(read, Receipt)
        assert (read.where, read.message, read.everywhere) == (rig.where, message, False)
        assert read.at > EARLIEST, f"{read.at} is no time in milliseconds since 1970"

    async def test_a_command_is_heard_as_its_words(self, rig: ChatRig) -> None:
        """And not as something said: a command must never be posted to a forum."""
        chat = await rig.chat()
        async with await listening(rig, chat) as ears:
            await rig.as_person("Ann").command(rig.where, "forum unread --all")
            event = only(await heard(ears, rig))
        assert isinstance(event, Commanded)
        assert (event.group, event.words, event.person.name) == ("forum", ("unread", "--all"), "Ann")
        assert event.where == rig.where

    async def test_a_channel_is_of_the_community_that_its_commands_act_for(self, rig: ChatRig) -> None:
        """Else what the operator mirrors into it would be behind a wall for its admins."""
        chat = await rig.chat()
        if not isinstance(chat, KnowsCommunities):
            pytest.skip("all of this chat is one community (KnowsCommunities)")
        before = await chat.community(rig.where.channel)
        async with await listening(rig, chat) as ears:
            await rig.as_person("Ann").command(rig.where, "forum unread")
            event = only(await heard(ears, rig))
        assert isinstance(event, Commanded)
        assert (before, await chat.community(rig.where.channel)) == (event.community, event.community)

    async def test_admins_are_told_apart(self, rig: ChatRig) -> None:
        """Who may mirror is the chat's to say, in that place and at that moment."""
        chat = await rig.chat()
        async with await listening(rig, chat) as ears:
            await rig.as_person("Root", admin=True).say(rig.where, "as admin")
            await rig.as_person("Ann").say(rig.where, "as anybody")
            events = await heard(ears, rig)
        assert [(doer(event), event.person.admin) for event in events if isinstance(event, Said)] == [
            ("Root", True),
            ("Ann", False),
        ]

    async def test_everything_is_heard_once_and_in_order(self, rig: ChatRig) -> None:
        """A message that is lost is a reply that never arrives; one that is heard twice is posted twice."""
        chat = await rig.chat()
        ann, ben = rig.as_person("Ann"), rig.as_person("Ben")
        async with await listening(rig, chat) as ears:
            said = [await (ann, ben)[n % 2].say(rig.where, f"line {n}") for n in range(30)]
            events = await heard(ears, rig)
        assert [subject(event) for event in events] == said

    async def test_every_event_has_an_id_of_its_own(self, rig: ChatRig) -> None:
        """Events are told apart by it: a second edit under the first one's id is thrown away."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            message = await ann.say(rig.where, "one")
            await ann.edit(rig.where, message, "two")
            await ann.edit(rig.where, message, "three")
            events = await heard(ears, rig, end="that was all that she said")
            await ann.delete(rig.where, message)
            ids = [event.id for event in (*events, *await heard(ears, rig))]
        assert len(set(ids)) == len(ids) == 4, f"the ids are {ids}"

    async def test_an_event_has_the_same_id_whenever_it_is_heard(self, rig: ChatRig) -> None:
        """A batch that was not committed comes again, and is recognised."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            start = ears.cursor
            await ann.edit(rig.where, await ann.say(rig.where, "one"), "two")
            first = await heard(ears, rig, end="that is the end")
        async with Ears(await rig.reopen(), start) as again:
            second = await heard(again, rig, end="that was all of it")
        assert [event.id for event in second if doer(event) == "Ann"] == [event.id for event in first]

    async def test_a_cursor_loses_and_repeats_nothing_across_a_restart(self, rig: ChatRig) -> None:
        """It is committed with what was heard up to it, and the program may stop at any moment."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        async with await listening(rig, chat) as ears:
            await ann.say(rig.where, "before")
            await ears.until(saying("before"))
            cursor = ears.cursor
        during = await ann.say(rig.where, "between")
        async with Ears(await rig.reopen(), cursor) as ears:
            after = await ann.say(rig.where, "afterwards")
            events = await ears.until(saying("afterwards"))
        assert [subject(event) for event in events] == [during, after]

    async def test_our_own_acts_are_not_heard(self, rig: ChatRig) -> None:
        """The program must not answer itself, nor post to the forum what it has just read there."""
        chat = await rig.chat()
        async with await listening(rig, chat) as ears:
            people = await rig.as_person("Ann").say(rig.where, "hello")
            ours = await send_one(chat, rig.where, "a post", "k-1")
            await chat.edit(rig.where, ours, payload(chat, "an edited post"))
            if chat.caps.reactions:
                await chat.react(rig.where, people, Reaction.PENDING)
                await chat.react(rig.where, people, None)
            if chat.caps.threads:
                await chat.open_thread(rig.where, ours, "A thread", "t-1")
            await chat.delete(rig.where, ours)
            events = await heard(ears, rig)
        assert [(type(event), subject(event)) for event in events] == [(Said, people)]

    async def test_what_was_said_before_the_first_start_is_not_heard(self, rig: ChatRig) -> None:
        """Nobody was speaking to the forum then; the history of a channel must not be posted there."""
        await rig.past("old words")
        chat = await rig.chat()
        async with await listening(rig, chat) as ears:
            assert not any(map(saying("old words"), ears.heard))

    async def test_only_adapter_errors_leave_a_cursor(self, rig: ChatRig) -> None:
        """A cursor comes from a database that may be another chat's, or older than the chat's memory."""
        chat = await rig.chat()
        for junk in filter(None, JUNK):  # an empty one is the first start
            async with Ears(chat, junk) as ears:
                try:
                    await rig.as_person("Ann").say(rig.where, "hello")
                    await ears.until(lambda event: True)
                except AdapterError as error:
                    explained(error, f"the cursor {junk[:40]!r}")
                except Exception as error:
                    pytest.fail(f"the cursor {junk[:40]!r}: {error!r} left the adapter; only AdapterError may")
