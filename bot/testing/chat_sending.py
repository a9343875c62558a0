"""Laws of acting in a chat: what the sender may rely on."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import AdapterError, Gone, NotAllowed
from bot.model import ChannelRef, ChannelWish, MessageId, Reaction, ThreadRef, UserId, Where
from bot.ports import Chat, NamesChannels, Pins, Retitles
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_talk import marks, payload, seen, send_one, standing
from bot.testing.forum_talk import JUNK, TYPED, harmless


class SendingLaws:
    """Every chat is written to by these."""

    async def test_messages_stand_in_the_order_sent(self, rig: ChatRig) -> None:
        """Replies follow what they answer."""
        chat = await rig.chat()
        sent = [await send_one(chat, rig.where, f"line{n}", f"k-{n}") for n in range(8)]
        assert [one.message for one in await standing(rig)] == sent
        assert marks(await standing(rig), *(f"line{n}" for n in range(8))) == [f"line{n}" for n in range(8)]

    async def test_an_equal_key_is_shown_once(self, rig: ChatRig) -> None:
        """The program was killed before it noted the answer; it sends the same bytes again."""
        chat = await _with_keys(rig)
        first = await send_one(chat, rig.where, "once", "k-1")
        await send_one(chat, rig.where, "between", "k-2")
        assert await send_one(chat, rig.where, "once", "k-1") == first
        assert marks(await standing(rig), "once", "between") == ["once", "between"]

    async def test_equal_keys_at_once_are_shown_once(self, rig: ChatRig) -> None:
        """The first request may still be on its way when the second one comes."""
        chat = await _with_keys(rig)
        both = await asyncio.gather(*(send_one(chat, rig.where, "once", "k-1") for _ in range(2)))
        assert both[0] == both[1]
        assert marks(await standing(rig), "once") == ["once"]

    async def test_an_equal_key_is_shown_once_across_a_restart(self, rig: ChatRig) -> None:
        """Keys that only memory holds are lost in the very case they are for."""
        chat = await _with_keys(rig)
        first = await send_one(chat, rig.where, "once", "k-1")
        assert await send_one(await rig.reopen(), rig.where, "once", "k-1") == first
        assert marks(await standing(rig), "once") == ["once"]

    async def test_equal_words_under_another_key_are_another_message(self, rig: ChatRig) -> None:
        """Two people say "thank you" on the forum."""
        chat = await rig.chat()
        first = await send_one(chat, rig.where, "thanks", "k-1")
        assert await send_one(chat, rig.where, "thanks", "k-2") != first
        assert marks(await standing(rig), "thanks") == ["thanks", "thanks"]

    async def test_an_edit_replaces_in_place(self, rig: ChatRig) -> None:
        """An edited post changes where it stands; it must not come up again at the end."""
        chat = await rig.chat()
        first = await send_one(chat, rig.where, "before", "k-1")
        await send_one(chat, rig.where, "between", "k-2")
        for _ in range(2):
            await chat.edit(rig.where, first, payload(chat, "afterwards"))
            assert marks(await standing(rig), "before", "between", "afterwards") == ["afterwards", "between"]
            assert len(await standing(rig)) == 2

    async def test_editing_what_is_gone_says_so(self, rig: ChatRig) -> None:
        """A message that somebody removed stays removed; the core notes it."""
        chat = await rig.chat()
        message = await send_one(chat, rig.where, "before", "k-1")
        await chat.delete(rig.where, message)
        with pytest.raises(Gone):
            await chat.edit(rig.where, message, payload(chat, "afterwards"))
        assert await standing(rig) == []

    async def test_a_deleted_message_is_not_shown(self, rig: ChatRig) -> None:
        """That message and no other; repeating it is no error."""
        chat = await rig.chat()
        first = await send_one(chat, rig.where, "regretted", "k-1")
        second = await send_one(chat, rig.where, "kept", "k-2")
        await chat.delete(rig.where, first)
        await chat.delete(rig.where, first)
        assert [one.message for one in await standing(rig)] == [second]

    async def test_deleting_what_never_was_is_no_error(self, rig: ChatRig) -> None:
        """Gone is what was wanted."""
        chat = await rig.chat()
        await chat.delete(rig.where, rig.missing_message)

    async def test_a_reply_is_native(self, rig: ChatRig) -> None:
        """The chat's own reply shows what is answered, and leads there."""
        chat = await rig.chat()
        first = await send_one(chat, rig.where, "question", "k-1")
        await send_one(chat, rig.where, "between", "k-2")
        answer = await send_one(chat, rig.where, "answer", "k-3", reply_to=first)
        assert (await seen(rig, answer)).reply_to == first
        assert (await seen(rig, first)).reply_to == ""

    async def test_a_reply_to_what_is_gone_is_still_shown(self, rig: ChatRig) -> None:
        """Between rendering and sending somebody removed what is answered; the answer is not theirs to remove."""
        chat = await rig.chat()
        first = await send_one(chat, rig.where, "question", "k-1")
        await chat.delete(rig.where, first)
        await send_one(chat, rig.where, "answer", "k-2", reply_to=first)
        assert marks(await standing(rig), "answer") == ["answer"]

    async def test_a_place_that_is_not_there_takes_nothing(self, rig: ChatRig) -> None:
        """The mirror is paused and its maker told; anything else would be tried for ever."""
        chat = await rig.chat()
        with pytest.raises((Gone, NotAllowed)):
            await send_one(chat, rig.missing, "lost", "k-1")

    # ---------------------------------------------------------------------------------------------------- chat threads

    async def test_a_chat_thread_opens_once(self, rig: ChatRig) -> None:
        """Opening is repeated after a crash; a second thread would split the talk."""
        chat = await _with_threads(rig)
        root = await send_one(chat, rig.where, "root", "k-1")
        first = await chat.open_thread(rig.where, root, "A thread", "t-1")
        assert first, "a chat thread has a name of its own"
        assert await chat.open_thread(rig.where, root, "A thread", "t-1") == first

    async def test_a_chat_thread_opens_once_across_a_restart(self, rig: ChatRig) -> None:
        """And under another key: the thread hangs on the message, not on who opened it."""
        chat = await _with_threads(rig)
        root = await send_one(chat, rig.where, "root", "k-1")
        first = await chat.open_thread(rig.where, root, "A thread", "t-1")
        assert await (await rig.reopen()).open_thread(rig.where, root, "A thread", "t-2") == first

    async def test_a_chat_thread_holds_its_own_messages(self, rig: ChatRig) -> None:
        """What is said in a thread is not in the channel, nor the other way round."""
        chat = await _with_threads(rig)
        root = await send_one(chat, rig.where, "root", "k-1")
        inside = Where(rig.where.channel, await chat.open_thread(rig.where, root, "A thread", "t-1"))
        first = await send_one(chat, inside, "inside", "k-2")
        await send_one(chat, inside, "answer", "k-3", reply_to=first)
        assert marks(await standing(rig, inside), "root", "inside", "answer")[-2:] == ["inside", "answer"]
        assert marks(await standing(rig), "root", "inside", "answer") == ["root"]

    async def test_a_chat_thread_gets_another_name(self, rig: ChatRig) -> None:
        """Repeating it changes nothing, a name may be of any length, and what is said there goes on."""
        chat = await _with_threads(rig)
        if not isinstance(chat, Retitles):
            pytest.skip("chat threads have no name of their own that can be changed (Retitles)")
        root = await send_one(chat, rig.where, "root", "k-1")
        inside = Where(rig.where.channel, await chat.open_thread(rig.where, root, "A thread", "t-1"))
        long = "Another title " * 100
        await chat.retitle(inside, long)
        await chat.retitle(inside, long)
        await send_one(chat, inside, "inside", "k-2")
        assert marks(await standing(rig, inside), "inside") == ["inside"]

    async def test_a_message_is_pinned_once(self, rig: ChatRig) -> None:
        """Pinning it again changes nothing, and what was pinned before stays."""
        chat = await rig.chat()
        if not isinstance(chat, Pins):
            pytest.skip("nothing can be kept at the top of a channel (Pins)")
        await rig.let_pin()
        first = await send_one(chat, rig.where, "first", "k-1")
        second = await send_one(chat, rig.where, "second", "k-2")
        for message in (first, second, second):
            await chat.pin(rig.where, message)
        assert sorted(await rig.pinned(rig.where)) == sorted([first, second])

    async def test_what_is_not_there_is_not_pinned(self, rig: ChatRig) -> None:
        """Whoever asks for it learns that it is gone."""
        chat = await rig.chat()
        if not isinstance(chat, Pins):
            pytest.skip("nothing can be kept at the top of a channel (Pins)")
        with pytest.raises(AdapterError):
            await chat.pin(rig.where, rig.missing_message)

    # ------------------------------------------------------------------------------------ what people see of it

    async def test_our_reaction_is_the_only_one(self, rig: ChatRig) -> None:
        """Pending and posted at once says nothing."""
        chat = await _with_reactions(rig)
        message = await rig.as_person("Ann").say(rig.where, "a reply")
        for reaction in (Reaction.PENDING, Reaction.POSTED, Reaction.POSTED):
            await chat.react(rig.where, message, reaction)
            assert (await seen(rig, message)).reaction == reaction

    async def test_our_reaction_is_taken_away(self, rig: ChatRig) -> None:
        """Taking away what is not there is no error."""
        chat = await _with_reactions(rig)
        message = await rig.as_person("Ann").say(rig.where, "a reply")
        await chat.react(rig.where, message, Reaction.PENDING)
        for _ in range(2):
            await chat.react(rig.where, message, None)
            assert (await seen(rig, message)).reaction == ""

    async def test_peoples_messages_are_changed_where_the_chat_lets_us(self, rig: ChatRig) -> None:
        """A moderator edits on the forum what somebody wrote in the chat; `changes_others` says if we may follow."""
        chat = await rig.chat()
        first = await rig.as_person("Ann").say(rig.where, "mine")
        second = await rig.as_person("Ann").say(rig.where, "mine too")
        if chat.caps.changes_others:
            await chat.edit(rig.where, first, payload(chat, "moderated"))
            await chat.delete(rig.where, second)
            assert marks(await standing(rig), "mine", "moderated") == ["moderated"]
        else:
            with pytest.raises(AdapterError):
                await chat.edit(rig.where, first, payload(chat, "moderated"))
            assert marks(await standing(rig), "mine", "moderated") == ["mine", "mine"]

    async def test_private_words_are_seen_by_one_person(self, rig: ChatRig) -> None:
        """They may hold what only this person may know."""
        chat = await rig.chat()
        ann, ben = rig.as_person("Ann"), rig.as_person("Ben")
        await ann.say(rig.where, "hello")
        await chat.tell(rig.where, ann.id, "Three new posts", "w-1")
        assert [text for text in await rig.told(ann.id) if "Three new posts" in text]
        assert not [text for text in await rig.told(ben.id) if "Three new posts" in text]
        assert marks(await standing(rig), "hello", "posts") == ["hello"]

    async def test_private_words_are_said_once_under_a_key(self, rig: ChatRig) -> None:
        """They are repeated after a crash."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        for key in ("w-1", "w-1", "w-2"):
            await chat.tell(rig.where, ann.id, "Three new posts", key)
        assert len([text for text in await rig.told(ann.id) if "Three new posts" in text]) == 2

    async def test_words_about_a_message_say_which_one_is_meant(self, rig: ChatRig) -> None:
        """The reason of a refusal is of use to whom it is plain what was refused: beside it, or with a reminder."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        await ann.say(rig.where, "first remark")
        meant = await ann.say(rig.where, "second remark")
        for _ in range(2):
            await chat.tell(rig.where, ann.id, "Nobody took it", "w-1", meant)
        beside = [one for one in await standing(rig) if "Nobody took it" in one.text]
        private = [text for text in await rig.told(ann.id) if "Nobody took it" in text]
        assert len(beside) + len(private) == 1
        assert all(one.reply_to == meant for one in beside)
        assert all("second remark" in text and "first" not in text for text in private)

    async def test_words_about_a_message_that_is_gone_are_said_in_private(self, rig: ChatRig) -> None:
        """Who took a message away wants nobody to be told of it, and has to hear all the same what became of it."""
        chat = await rig.chat()
        ann = rig.as_person("Ann")
        meant = await ann.say(rig.where, "regretted")
        await ann.delete(rig.where, meant)
        for message, key in ((meant, "w-1"), (rig.missing_message, "w-2")):
            await chat.tell(rig.where, ann.id, f"Nobody took it ({key})", key, message)
        assert marks(await standing(rig), "Nobody") == []
        assert len([text for text in await rig.told(ann.id) if "Nobody took it" in text]) == 2

    # --------------------------------------------------------------------------------------- channels and names

    async def test_a_channel_made_twice_is_one(self, rig: ChatRig) -> None:
        """Two rooms of one name would split a community; a repeated command must not make the second."""
        chat = await rig.chat()
        if not rig.makes_channels:
            pytest.skip("this login may not make channels")
        wish = ChannelWish("New books", "What is new in https://forum.example")
        first = await chat.channel("new-books", make=wish)
        assert await chat.channel("new-books", make=wish) == first
        assert await chat.channel("new-books", make=ChannelWish("Books", closed=True)) == first
        assert await chat.channel("new-books", make=None) == first
        assert await send_one(chat, Where(first), "hello", "k-1")

    async def test_a_channel_is_found_by_the_name_that_is_shown(self, rig: ChatRig) -> None:
        """Lists of mirrors show it: whoever types what they show means that channel."""
        chat = await rig.chat()
        if not isinstance(chat, NamesChannels):
            pytest.skip("this chat does not say what its channels are called (NamesChannels)")
        name = chat.channel_name(rig.where.channel)
        assert name, "a channel has a name"
        assert await chat.channel(name, make=None) == rig.where.channel

    async def test_a_channel_that_nobody_made_is_gone(self, rig: ChatRig) -> None:
        """A mistyped name is told to who typed it."""
        chat = await rig.chat()
        with pytest.raises(Gone):
            await chat.channel("no-such-channel", make=None)

    async def test_a_message_is_named_by_its_id(self, rig: ChatRig) -> None:
        """`settle LINK`: the admin says which message a lost one became."""
        chat = await rig.chat()
        message = await send_one(chat, rig.where, "here", "k-1")
        assert chat.named(message) == message

    async def test_a_message_is_named_by_its_link(self, rig: ChatRig) -> None:
        """People copy links, not ids."""
        chat = await rig.chat()
        message = await send_one(chat, rig.where, "here", "k-1")
        assert chat.named(await rig.link(rig.where, message)) == message

    async def test_a_foreign_link_names_no_message(self, rig: ChatRig) -> None:
        """A delivery must not be settled with something else."""
        chat = await rig.chat()
        with pytest.raises(Gone):
            chat.named(rig.foreign_link)

    async def test_only_adapter_errors_leave_an_act(self, rig: ChatRig) -> None:
        """Ids come from a database and names from people; neither may cause a traceback."""
        chat = await rig.chat()
        what = payload(chat, "words")
        for typed in TYPED:
            await harmless(f"channel {typed[:40]!r}", chat.channel(typed, make=None))
            await harmless(f"named {typed[:40]!r}", _named(chat, typed))
        for n, junk in enumerate(JUNK):
            place, message = Where(ChannelRef(junk), ThreadRef(junk)), MessageId(junk)
            await harmless(f"send to {junk[:40]!r}", chat.send(place, what, f"junk-{n}"))
            for where in (place, rig.where):
                name = f"with {junk[:40]!r} in {where!r:.80}"
                await harmless(f"read_back {name}", chat.read_back(where, message))
                await harmless(f"edit {name}", chat.edit(where, message, what))
                await harmless(f"react {name}", chat.react(where, message, Reaction.PENDING))
                await harmless(f"open_thread {name}", chat.open_thread(where, message, junk, f"junk-{n}"))
                await harmless(f"tell {name}", chat.tell(where, UserId(junk), "words", f"junk-{n}-{where.thread}"))
                about = chat.tell(where, UserId(junk), "words", f"about-{n}-{where.thread}", message)
                await harmless(f"tell about {name}", about)
                await harmless(f"delete {name}", chat.delete(where, message))


async def _with_keys(rig: ChatRig) -> Chat:
    chat = await rig.chat()
    if chat.caps.key_window is None:
        pytest.skip("this chat has no keys (caps.key_window)")
    return chat


async def _with_threads(rig: ChatRig) -> Chat:
    chat = await rig.chat()
    if not chat.caps.threads:
        pytest.skip("this chat has no threads (caps.threads)")
    return chat


async def _with_reactions(rig: ChatRig) -> Chat:
    chat = await rig.chat()
    if not chat.caps.reactions:
        pytest.skip("this chat has no reactions (caps.reactions)")
    return chat


async def _named(chat: Chat, link: str) -> MessageId:
    return chat.named(link)
