"""Encrypted rooms, with matrix-nio's own client as the other person: what it reads, and what we read of it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.encryption.machine import FILE, installed
from adapters.chats.matrix.encryption.waiting import SOON
from adapters.chats.matrix.login import log_in
from adapters.chats.matrix.relations import KEY
from bot import markup
from bot.errors import AdapterError, NotAllowed, OutcomeUnknown
from bot.model import (
    Card,
    CardKind,
    ChannelRef,
    ChatName,
    Commanded,
    Deleted,
    Edited,
    Found,
    MessageId,
    Millis,
    Payload,
    Reacted,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Chat, Secret
from bot.testing.chat_talk import Ears, saying
from bot.testing.context import context
from tests.matrix.conftest import People
from tests.matrix.homeserver import Homeserver
from tests.matrix.listening import answering, in_thread, react, redact, texts
from tests.matrix.people import Person
from tests.matrix.proxy import Fail, LoseAnswer, Proxy
from tests.matrix.secretive import MEGOLM, Secretive, encrypt
from tests.matrix.test_two_ways import POSTED, House

pytestmark = pytest.mark.skipif(not installed(), reason="needs what the extra matrix-e2ee brings (vodozemac)")

SEND = "/send/m.room.encrypted/"

Brings = Callable[..., Any]


@pytest.fixture
async def secretive(homeserver: Homeserver, tmp_path: Path, people: People) -> AsyncIterator[Brings]:
    """Brings people whose client encrypts: `await secretive("ann")`."""
    async with AsyncExitStack() as stack:

        async def bring(name: str = "ann") -> Secretive:
            login = (await people(name)).login
            person = Secretive(homeserver.address, login, tmp_path / f"client-{login.device_id}")
            stack.push_async_callback(person.close)
            await person.begin()
            return person

        yield bring


class Us:
    """Our login, which can be opened anew in the same home as after a restart."""

    def __init__(self, person: Person, folder: Path, stack: AsyncExitStack) -> None:
        self.person = person
        self.id = person.id
        self.address = person.address
        self.now = 1_700_000_000_000
        self.its = context(folder, "matrix", now=lambda: Millis(self.now))
        self._stack = stack

    def opened(self, **told: Any) -> MatrixChat:
        told = told or {"token": Secret(self.person.login.access_token)}
        chat = adapter.open(ChatName("matrix"), adapter.settings(homeserver=self.address, **told), self.its)
        self._stack.push_async_callback(chat.close)
        return chat

    async def ears(self, chat: MatrixChat, cursor: str = "") -> Ears:
        """Ears that hear what is done from now on, or from a cursor on."""
        ears = Ears(cast(Chat, chat), cursor)
        self._stack.push_async_callback(ears.close)
        if not cursor:
            for _ in range(2):  # where the present is, and that it listens
                assert await ears.batch(20) is not None
        return ears


@pytest.fixture
async def us(people: People, tmp_path: Path) -> AsyncIterator[Us]:
    async with AsyncExitStack() as stack:
        us = Us(await people("bot"), tmp_path, stack)
        yield us
        await stack.aclose()
        await us.its.net.close()


@pytest.fixture
async def ann(secretive: Brings) -> Secretive:
    """Who reads, and whose room it is."""
    return cast(Secretive, await secretive("ann"))


async def vault(owner: Person, us: Us, **wishes: Any) -> ChannelRef:
    """An encrypted room of a person that we are in."""
    room = await owner.room(**wishes)
    await encrypt(owner, room)
    await us.person.join(room)
    return ChannelRef(room)


def payload(chat: MatrixChat, words: str, reply_to: str = "") -> Payload:
    card = Card(CardKind.POST, author="Author", body=markup.read(words, "html"), reply_to=MessageId(reply_to))
    [made] = chat.render(card)
    return made


async def say(chat: MatrixChat, where: Where, words: str, key: str, reply_to: str = "") -> MessageId:
    return await chat.send(where, payload(chat, words, reply_to), key)


def bodies(events: list[dict[str, Any]]) -> list[str]:
    """The last line of what was said."""
    return [event["content"]["body"].split("\n")[-1] for event in events]


async def read(person: Secretive, room: str, us: Us) -> list[dict[str, Any]]:
    """What somebody reads of ours."""
    return [event for event in await person.events(room) if event["sender"] == us.id]


# ------------------------------------------------------------------------------------------------------- what we write


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_only_the_people_of_an_encrypted_room_read_what_is_written_there(ann, us, version):
    """The homeserver sees how messages stand to each other, and under which key they went out."""
    room = await vault(ann, us, room_version=version)
    chat = us.opened()
    root = await say(chat, Where(room), "opening words", "k-1")
    inside = Where(room, ThreadRef(root))
    await say(chat, inside, "an answer", "k-2", root)
    said = await read(ann, room, us)
    assert bodies(said) == ["opening words", "an answer"]
    assert all(event["encrypted"] for event in said)
    assert said[1]["content"]["m.relates_to"]["event_id"] == root
    assert said[1]["content"]["m.mentions"] == {}
    wire = [event["content"] for event in await ann.wire(room)]
    assert [one.get("m.relates_to", {}).get("event_id", "") for one in wire] == ["", root]
    assert [one[KEY] for one in wire] == ["k-1", "k-2"]
    assert not any({"body", "formatted_body", "msgtype"} & one.keys() for one in wire)


async def test_a_message_is_changed_and_taken_away(ann, us):
    """The change is encrypted too; a redaction takes the ciphertext of all of it."""
    room = await vault(ann, us)
    chat = us.opened()
    where = Where(room)
    message = await say(chat, where, "first words", "k-1")
    for _ in range(2):
        await chat.edit(where, message, payload(chat, "better words"))
    said = await read(ann, room, us)
    assert len(said) == 2, "what stands there already is not said again"
    assert said[1]["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": message}
    assert said[1]["content"]["m.new_content"]["body"].endswith("better words")
    assert said[1]["encrypted"]
    await chat.delete(where, message)
    assert [event["content"].keys() - {"m.relates_to"} for event in await ann.wire(room)] == [set(), set()]


async def test_the_longest_message_can_be_changed(ann, us):
    """Encrypted it is a third longer, and a change holds it twice: not in a language of two bytes a letter either."""
    room = await vault(ann, us)
    chat = us.opened()
    first = "я" * 6_900
    message = await say(chat, Where(room), first, "k-1")
    await chat.edit(Where(room), message, payload(chat, f"{first}!"))
    said = await read(ann, room, us)
    assert said[0]["content"]["body"].endswith(first)
    assert said[1]["content"]["m.new_content"]["body"].endswith(f"{first}!")


async def test_a_lost_answer_makes_no_second_message(ann, us, proxy: Proxy):
    """It goes out encrypted anew, under the same key; and what stands there is known by its key, unread."""
    us.address = proxy.address
    room = await vault(ann, us)
    chat = us.opened()
    first = await say(chat, Where(room), "once", "k-1")
    proxy.rule(LoseAnswer(), "PUT", SEND, times=None)
    with pytest.raises(OutcomeUnknown):
        await say(chat, Where(room), "twice?", "k-2")
    proxy.mend()
    again = await say(chat, Where(room), "twice?", "k-2")
    assert bodies(await read(ann, room, us)) == ["once", "twice?"]
    assert await chat.read_back(Where(room), first) == (Found(again, "k-2"),)


async def test_a_key_that_cannot_be_shared_now_is_shared_at_the_next_try(ann, us, proxy: Proxy):
    """Nothing was sent into the room then: the homeserver being away is no attempt."""
    us.address = proxy.address
    room = await vault(ann, us)
    chat = us.opened()
    await chat.probe()
    for where, fault in (("/keys/query", Fail(502)), ("/keys/claim", LoseAnswer()), ("/sendToDevice/", LoseAnswer())):
        proxy.rule(fault, "", where, times=None)
        with pytest.raises(AdapterError) as caught:
            await say(chat, Where(room), "words", "k-1")
        assert not isinstance(caught.value, OutcomeUnknown)
        proxy.mend()
    await say(chat, Where(room), "words", "k-1")
    assert bodies(await read(ann, room, us)) == ["words"]


async def test_whoever_comes_later_reads_from_then_on_and_whoever_leaves_does_not(ann, us, secretive):
    """The key goes to new people as they come, and is another one when somebody left."""
    room = await vault(ann, us)
    chat = us.opened()
    ears = await us.ears(chat)
    await say(chat, Where(room), "before", "k-1")
    ben = await secretive("ben")
    await ben.join(room)
    await ann.say(room, "ben is here")
    await ears.until(saying("ben is here"))
    await say(chat, Where(room), "between", "k-2")
    assert bodies(await read(ben, room, us)) == ["between"]
    await ann.call("POST", f"/rooms/{quote(room, safe='')}/kick", {"user_id": ben.id})
    await ann.say(room, "ben is gone")
    await ears.until(saying("ben is gone"))
    await say(chat, Where(room), "afterwards", "k-3")
    assert bodies(await read(ann, room, us)) == ["before", "between", "afterwards"]
    one, two, three = [event["content"]["session_id"] for event in await ann.wire(room) if event["sender"] == us.id]
    assert one == two
    assert two != three


async def test_a_room_that_becomes_encrypted_is_written_into_in_clear_no_more(ann, us):
    """We hear of it, and whoever writes knows it before anything else is told."""
    room = ChannelRef(await ann.room())
    await us.person.join(room)
    chat = us.opened()
    ears = await us.ears(chat)
    await say(chat, Where(room), "in clear", "k-1")
    await encrypt(ann, room)
    await ann.say(room, "now it is")
    await ears.until(saying("now it is"))
    await say(chat, Where(room), "encrypted", "k-2")
    said = await read(ann, room, us)
    assert bodies(said) == ["in clear", "encrypted"]
    assert [event["encrypted"] for event in said] == [False, True]


async def test_a_room_is_not_encrypted_by_a_message_that_says_so(ann, us):
    """What a room is, is its state."""
    room = ChannelRef(await ann.room())
    await us.person.join(room)
    chat = us.opened()
    ears = await us.ears(chat)
    await ann.send(room, "m.room.encryption", MEGOLM)
    await ann.say(room, "well?")
    await ears.until(saying("well?"))
    await say(chat, Where(room), "in clear", "k-1")
    assert [event["encrypted"] for event in await read(ann, room, us)] == [False]


async def test_a_room_is_looked_at_again_while_nothing_is_heard(ann, us):
    """A program that only writes, or whose hearing is broken, does not rely on what it saw a minute ago."""
    room = ChannelRef(await ann.room())
    await us.person.join(room)
    chat = us.opened()
    await encrypt(ann, room)
    await say(chat, Where(room), "encrypted", "k-1")
    assert (await read(ann, room, us))[0]["encrypted"]


async def test_a_private_answer_into_an_encrypted_room_is_encrypted(ann, us):
    """Also when its person has not entered yet."""
    chat = us.opened()
    room = await vault(ann, us)
    await chat.tell(Where(room), UserId(ann.id), "one", "k-1")
    [direct] = (await ann.call("GET", "/sync", timeout="0"))["rooms"]["invite"]
    await us.person.call("PUT", f"/rooms/{quote(direct, safe='')}/state/m.room.encryption/", MEGOLM)
    again = us.opened()
    await again.tell(Where(room), UserId(ann.id), "two", "k-2")
    await ann.join(direct)
    said = await read(ann, direct, us)
    assert [(event["content"]["body"], event["encrypted"]) for event in said] == [("one", False), ("two", True)]


# -------------------------------------------------------------------------------------------------------- what we hear


async def test_what_is_said_in_a_room_that_became_encrypted_while_we_were_away_is_read(ann, us):
    """Our device had keys before: who writes encrypts for those that are known then."""
    room = ChannelRef(await ann.room())
    await us.person.join(room)
    chat = us.opened()
    ears = await us.ears(chat)
    await ann.say(room, "in clear")
    await ears.until(saying("in clear"))
    await ears.close()
    await chat.close()
    await encrypt(ann, room)
    await ann.say(room, "encrypted")
    again = await us.ears(us.opened(), ears.cursor)
    assert texts(await again.until(saying("encrypted"))) == ["encrypted"]


async def test_what_is_said_in_an_encrypted_room_is_heard_as_anywhere(ann, us):
    """Words, answers, changes, ends, reactions and commands."""
    room = await vault(ann, us)
    chat = us.opened()
    ears = await us.ears(chat)
    root = await say(chat, Where(room), "opening words", "k-1")
    one = await ann.say(room, "an answer", **in_thread(root, root, real=True))
    two = await ann.say(room, "from outside", **answering(one))
    new = {"msgtype": "m.text", "body": "a better answer"}
    replaces = {"rel_type": "m.replace", "event_id": one}
    await ann.say(room, "* a better answer", **{"m.new_content": new, "m.relates_to": replaces})
    await react(ann, room, root, "📖")
    events = await ears.until(lambda event: isinstance(event, Reacted))
    await redact(ann, room, two)
    await ann.say(room, "!mirror list")
    events += await ears.until(lambda event: isinstance(event, Commanded))
    said = [event for event in events if isinstance(event, Said)]
    assert [(event.message, event.text, event.reply_to) for event in said] == [
        (one, "an answer", root),
        (two, "from outside", one),
    ]
    assert {event.where for event in said} == {Where(room, ThreadRef(root))}
    assert [(event.message, event.text) for event in events if isinstance(event, Edited)] == [(one, "a better answer")]
    assert [event.message for event in events if isinstance(event, Deleted)] == [two]
    assert isinstance(events[-1], Commanded)
    assert (events[-1].words, events[-1].person.admin) == (("list",), True)


async def test_what_was_said_while_we_were_away_is_read_afterwards(ann, us):
    """The keys came meanwhile, for the same device; more than one answer holds is paged back."""
    room = await vault(ann, us)
    chat = us.opened()
    ears = await us.ears(chat)
    await say(chat, Where(room), "before", "k-1")
    await ann.say(room, "heard")
    await ears.until(saying("heard"))
    await ears.close()
    await chat.close()
    texts = [f"no. {n}" for n in range(120)]
    for text in texts:
        await ann.say(room, text)
    chat = us.opened()
    again = await us.ears(chat, ears.cursor)
    events = await again.until(saying(texts[-1]))
    assert [event.text for event in events if isinstance(event, Said)] == texts
    message = await say(chat, Where(room), "afterwards", "k-2")
    await chat.edit(Where(room), message, payload(chat, "at last"))
    assert bodies(await read(ann, room, us))[:2] == ["before", "afterwards"]


async def test_a_message_whose_key_comes_late_is_heard_late_also_across_a_restart(ann, us):
    """It waits on disk, and an operator is told when that takes long."""
    room = await vault(ann, us)
    chat = us.opened()
    ears = await us.ears(chat)
    await ann.told("hold")
    await ann.say(room, "locked")
    await ann.say_in_clear(room, "not locked")
    assert texts(await ears.until(saying("not locked"))) == ["not locked"]
    us.now += SOON + 1
    assert any(room in remark and "1 messages cannot be read" in remark for remark in chat.remarks())
    await ears.close()
    await chat.close()
    chat = us.opened()
    again = await us.ears(chat, ears.cursor)
    await ann.told("release")
    assert texts(await again.until(saying("locked"))) == ["locked"]
    await ann.say_in_clear(room, "that was all")
    assert texts(await again.until(saying("that was all"))) == ["that was all"]
    assert chat.remarks() == ()


async def test_keys_that_run_out_are_brought_anew(ann, us, secretive):
    """Each device that writes to us first takes one; without any, nobody could."""
    room = await vault(ann, us)
    chat = us.opened()
    ears = await us.ears(chat)
    claim = {"one_time_keys": {us.id: {us.person.login.device_id: "signed_curve25519"}}}
    taken = [(await ann.call("POST", "/keys/claim", claim))["one_time_keys"] for _ in range(60)]
    assert {} in taken
    await ann.say_in_clear(room, "are you there?")
    await ears.until(saying("are you there?"))
    await ann.say(room, "words")
    assert texts(await ears.until(saying("words"))) == ["words"]


# ------------------------------------------------------------------------------------------------- keys, and no keys


async def test_without_the_extra_it_is_said_what_to_install(ann, us, monkeypatch):
    """At sending, in `status` and in `check`; and nothing goes out in clear."""
    monkeypatch.setitem(sys.modules, "vodozemac", None)
    room = await vault(ann, us)
    chat = us.opened()
    ears = await us.ears(chat)
    install = "pip install 'threadline[matrix-e2ee]'"
    with pytest.raises(NotAllowed, match="is encrypted") as refused:
        await say(chat, Where(room), "words", "k-1")
    assert install in str(refused.value)
    await ann.say(room, "unheard")
    await ann.say_in_clear(room, "heard")
    assert texts(await ears.until(saying("heard"))) == ["heard"]
    assert [install in remark and room in remark for remark in chat.remarks()] == [True]
    bad = [one.text for one in await chat.examine() if one.level == "bad"]
    assert [install in text and room in text for text in bad] == [True]
    assert await read(ann, room, us) == []


async def test_check_says_by_which_key_people_know_the_device(ann, us):
    """It is what they compare when they verify it."""
    chat = us.opened()
    assert any("as soon as Threadline runs" in one.text for one in await chat.examine())
    await us.ears(chat)
    asked = await ann.call("POST", "/keys/query", {"device_keys": {us.id: []}})
    [device] = asked["device_keys"][us.id].values()
    [key] = [key for name, key in device["keys"].items() if name.startswith("ed25519:")]
    assert any(key in one.text.replace(" ", "") for one in await chat.examine())


async def test_lost_keys_are_noticed_and_nothing_is_written_with_others(ann, us):
    """Others would take what is encrypted with new keys of a known device for a forgery."""
    room = await vault(ann, us)
    chat = us.opened()
    await say(chat, Where(room), "before", "k-1")
    await chat.close()
    (us.its.folder / FILE).unlink()
    chat = us.opened()
    assert any("log in as a new device" in one.text.lower() for one in await chat.examine() if one.level == "bad")
    with pytest.raises(NotAllowed, match="threadline matrix login"):
        await say(chat, Where(room), "words", "k-2")
    await us.ears(chat)
    assert [room in remark and "threadline matrix login" in remark for remark in chat.remarks()] == [True]


async def test_lost_keys_make_another_device_where_there_is_a_password(ann, us):
    """The old one is ended, so that nobody encrypts for it any more; people read on."""
    room = await vault(ann, us)
    login = {"user": us.id, "password": Secret("password")}
    chat = us.opened(**login)
    await say(chat, Where(room), "before", "k-1")
    await chat.close()
    (us.its.folder / FILE).unlink()
    chat = us.opened(**login)
    ears = await us.ears(chat)
    await say(chat, Where(room), "afterwards", "k-2")
    assert bodies(await read(ann, room, us)) == ["before", "afterwards"]
    one, two = [event["content"]["device_id"] for event in await ann.wire(room)]
    assert one != two
    devices = {device["device_id"] for device in (await us.person.call("GET", "/devices"))["devices"]}
    assert two in devices
    assert one not in devices
    assert chat.caps.key_window is None, "keys of the device that is gone count no more"
    await ann.say(room, "read you")
    assert texts(await ears.until(saying("read you"))) == ["read you"]


async def test_a_login_by_hand_heals_lost_keys_and_says_the_key_of_the_device(ann, us):
    """Where only the token is kept, somebody who knows the password has to come by."""
    room = await vault(ann, us)
    settings = adapter.settings(homeserver=us.address, user=us.id, password=Secret("password"))
    await log_in(settings, us.its)
    chat = us.opened(user=us.id)
    await say(chat, Where(room), "before", "k-1")
    said = await log_in(settings, us.its)
    assert [one.text for one in await chat.examine() if one.text.split(": ")[-1] in said and "can encrypt" in one.text]
    await chat.close()
    (us.its.folder / FILE).unlink()
    chat = us.opened(user=us.id)
    with pytest.raises(NotAllowed, match="threadline matrix login"):
        await say(chat, Where(room), "words", "k-2")
    await chat.close()
    assert await log_in(settings, us.its) != said
    chat = us.opened(user=us.id)
    await say(chat, Where(room), "afterwards", "k-2")
    assert bodies(await read(ann, room, us)) == ["before", "afterwards"]


async def test_an_application_service_encrypts_as_itself(ann, homeserver, tmp_path):
    """Ghosts do not: it says the author's name."""
    service = homeserver.services[0]
    its = context(tmp_path, "service")
    service.known_in(its.folder)
    chat = adapter.open(ChatName("matrix"), service.settings(homeserver.address), its)
    try:
        room = ChannelRef(await ann.room())
        await encrypt(ann, room)
        await chat.channel(room, make=None)
        card = Card(CardKind.POST, author="Zoe", author_key="forum/zoe", body=markup.read("hello", "html"))
        [made] = chat.render(card)
        await chat.send(Where(room), made, "k-1")
        [said] = [event for event in await ann.events(room) if event["sender"] == service.user]
        assert said["encrypted"]
        assert said["content"]["body"].startswith("Zoe")
        ears = Ears(cast(Chat, chat), "")
        assert await ears.batch(20) is not None
        await ann.say(room, "an answer")
        assert texts(await ears.until(saying("an answer"))) == ["an answer"]
        await ears.close()
    finally:
        await chat.close()
        await its.net.close()


# -------------------------------------------------------------------------------------------------- the whole program


async def test_a_thread_is_mirrored_and_answered_in_an_encrypted_room_across_restarts(ann, us, tmp_path):
    """As in any other room: post, edit, answer, deletion; the keys are kept between."""
    room = await vault(ann, us)
    house = House(tmp_path, us.person, ann, room)
    async with house.running():
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        root = await house.mirror(thread)
        await house.until("SELECT 1 FROM chat_cursor WHERE chat='matrix' AND cursor<>''")
    one = await ann.say(room, "first words", **in_thread(root))
    async with house.running():
        await house.until(POSTED, one)
        assert await house.signs(one) == ["✅"]
        state = await house.board.state()
        [opening, answer] = state.threads[thread].posts
        assert state.posts[answer].text == "first words"
        await house.board.edit(opening, "Talk", "Better opening words")
        await house.until("SELECT 1 FROM delivery WHERE subject='post' AND act='edit' AND state='sent'")
    said = await read(ann, room, us)
    assert [event["encrypted"] for event in said] == [True, True]
    assert "The opening words" in said[0]["content"]["body"]
    assert "Better opening words" in said[1]["content"]["m.new_content"]["body"]
    async with house.running():
        await redact(ann, room, one)
        await house.until("SELECT 1 FROM delivery WHERE subject='reply' AND act='delete' AND state='sent'")
        state = await house.board.state()
        await house.board.delete(state.threads[thread].posts[0])
        await house.until("SELECT 1 FROM delivery WHERE subject='post' AND act='delete' AND state='sent'")
    ours = [event for event in await ann.wire(room) if event["sender"] == us.id]
    assert not any("ciphertext" in event["content"] for event in ours)
