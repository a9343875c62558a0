"""What an event of a room is, in the house's nouns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.matrix.powers import Room, Seat
from adapters.chats.matrix.receiving.events import (
    Known,
    Mark,
    about,
    marked,
    moved,
    receipts,
    redacted,
    relation,
    said,
    told,
)
from bot.model import ChannelRef, Commanded, Deleted, Edited, MessageId, Millis, Moved, Reacted, Said, Where

ANN, BEN = "@ann:x.example", "@ben:x.example"
CHANNEL = ChannelRef("!room:x.example")
ROOT, ONE, TWO = (f"${name}:x.example" for name in ("root", "one", "two"))
NOW = Millis(1_700_000_000_000)


def event(kind="m.room.message", sender=ANN, id=TWO, **content):
    return {"type": kind, "event_id": id, "sender": sender, "origin_server_ts": 5, "content": content}


def text(body, **more):
    return event(msgtype="m.text", body=body, **more)


def rich(html, body="plain", **more):
    return text(body, format="org.matrix.custom.html", formatted_body=html, **more)


def relates(**relation):
    return {"m.relates_to": relation}


def reply(parent):
    return {"m.in_reply_to": {"event_id": parent}}


def read(event, known=None, seat=None, prefix="!"):
    room = Room()
    return told(event, CHANNEL, room, seat or Seat(CHANNEL, room), known, prefix, NOW)


def test_a_message_is_what_its_author_wrote():
    """HTML where the client gave some, which is most of them."""
    assert said(text("a *b*")["content"]) == ("a *b*", "plain")
    assert said(rich("a <b>b</b>")["content"]) == ("a <b>b</b>", "matrix")
    assert said(text("a", format="other", formatted_body="b")["content"]) == ("a", "plain")
    assert said(rich("  ")["content"]) == ("plain", "plain")


@pytest.mark.parametrize(
    "html",
    [
        "<mx-reply><blockquote>theirs</blockquote></mx-reply>mine",
        ' \n<MX-Reply class="x">theirs</MX-REPLY>mine',
        "<mx-reply>İİİ theirs</mx-reply>mine",
    ],
)
def test_what_is_quoted_of_the_parent_is_not_the_authors(html):
    """The forum shows itself what a post answers."""
    assert said(rich(html)["content"]) == ("mine", "matrix")


def test_the_quote_in_plain_text_goes_only_where_something_is_answered():
    """Anybody may begin a message with a quotation."""
    body = "> <@ben:x.example> theirs\n> more\n\nmine\n> kept"
    assert said(text(body, **relates(**reply(ONE)))["content"]) == ("mine\n> kept", "plain")
    assert said(text(body)["content"]) == (body, "plain")
    emote = "> * <@ben:x.example> waves\n\nmine"
    assert said(text(emote, **relates(**reply(ONE)))["content"]) == ("mine", "plain")
    assert said(text("> <@ben:x.example> all", **relates(**reply(ONE)))["content"]) is None


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"msgtype": "m.text"},
        {"msgtype": "m.text", "body": ""},
        {"msgtype": "m.text", "body": 7},
        {"msgtype": "m.notice", "body": "beep"},
        {"msgtype": "m.location", "body": "here", "geo_uri": "geo:0,0"},
        {"msgtype": "m.image", "body": "a.png"},
        {"msgtype": "m.image", "body": "a.png", "filename": "a.png"},
        {"msgtype": ["m.text"], "body": "a"},
    ],
)
def test_what_holds_no_words_of_a_person_says_nothing(content):
    """A picture that is nowhere, a program's notice, a message that was taken away."""
    assert said({}) is None
    assert read(event(**content)) is None


def test_a_caption_is_words():
    """Also where the picture itself is nowhere."""
    assert said({"msgtype": "m.image", "body": "look", "filename": "a.png"}) == ("look", "plain")


def test_relations_are_told_apart():
    """A parent that is only there for clients without threads is not answered."""
    assert relation(text("a", **relates(rel_type="m.thread", event_id=ROOT, is_falling_back=True, **reply(ONE)))) == (
        ROOT,
        "",
        "",
    )
    assert relation(text("a", **relates(rel_type="m.thread", event_id=ROOT, **reply(ONE)))) == (ROOT, "", ONE)
    assert relation(text("a", **relates(**reply(ONE)))) == ("", "", ONE)
    assert relation(text("a", **relates(rel_type="m.replace", event_id=ONE, **reply(TWO)))) == ("", ONE, "")
    assert relation(text("a", **relates(rel_type="m.thread", event_id="x"))) == ("", "", "")


def test_an_event_says_what_has_to_be_known_for_it():
    """And asks for nothing that it tells itself."""
    assert about(text("a")) == ""
    assert about(text("a", **relates(rel_type="m.thread", event_id=ROOT, **reply(ONE)))) == ""
    assert about(text("a", **relates(**reply(ONE)))) == ONE
    assert about(text("a", **relates(rel_type="m.replace", event_id=ONE))) == ONE
    assert about(event("m.reaction", **relates(rel_type="m.annotation", event_id=ONE, key="x"))) == ONE
    assert about(event("m.room.redaction", redacts=ONE)) == ""


def test_only_its_author_edits_a_message():
    """Homeservers take an edit from anybody, clients do not show it."""
    edit = text("* new", **relates(rel_type="m.replace", event_id=ONE), **{"m.new_content": text("new")["content"]})
    heard = read(edit, Known(ANN, ROOT))
    assert isinstance(heard, Edited)
    assert (heard.id, heard.message, heard.where.thread, heard.text) == (TWO, ONE, ROOT, "new")
    assert read(edit, Known(BEN, ROOT)) is None
    assert read(edit, None) is None
    assert read(edit, Mark(ONE, ROOT, "x")) is None


def test_a_redaction_is_of_a_message_or_of_a_reaction():
    """Its place in the event depends on the room's version."""
    old, new = event("m.room.redaction") | {"redacts": ONE}, event("m.room.redaction", redacts=ONE)
    assert redacted(old) == redacted(new) == ONE
    gone = read(old, Known(BEN, ROOT))
    assert isinstance(gone, Deleted)
    assert (gone.message, gone.where.thread, gone.person and gone.person.id) == (ONE, ROOT, ANN)
    unknown = read(new)
    assert isinstance(unknown, Deleted)
    assert unknown.where == Where(CHANNEL)
    back = read(new, Mark(MessageId(TWO), ROOT, "📖"))
    assert isinstance(back, Reacted)
    assert (back.message, back.where.thread, back.reaction, back.on) == (TWO, ROOT, "📖", False)
    assert read(event("m.room.redaction")) is None


@pytest.mark.parametrize(("key", "reaction"), [("📖", "📖"), ("📖\ufe0f", "📖"), (" yes ", "yes")])
def test_a_reaction_is_its_sign(key, reaction):
    """Some clients put behind it that it is a picture."""
    mark = marked(event("m.reaction", **relates(rel_type="m.annotation", event_id=ONE, key=key)))
    assert mark == Mark(ONE, "", reaction)


@pytest.mark.parametrize("key", ["", " ", "x" * 65, 7, None])
def test_a_reaction_without_a_sign_is_none(key):
    """Nobody could put it there."""
    assert read(event("m.reaction", **relates(rel_type="m.annotation", event_id=ONE, key=key))) is None


def test_a_command_is_not_something_said():
    """Whoever rules where the room belongs gives it with power."""
    ruled = Room()
    ruled.apply({"type": "m.room.create", "state_key": "", "sender": ANN, "content": {}})
    heard = read(rich("!mirror <b>list</b>", "!mirror list"), seat=Seat("!space:x", ruled))
    assert isinstance(heard, Commanded)
    assert (heard.group, heard.words, heard.community, heard.person.admin) == ("mirror", ("list",), "!space:x", True)
    inside = read(text("!forum new", **relates(rel_type="m.thread", event_id=ROOT, is_falling_back=True)))
    assert isinstance(inside, Commanded)
    assert inside.where.thread == ROOT
    assert isinstance(read(text("!forum new"), prefix="t."), Said)


def test_an_answer_from_outside_stands_where_the_answered_message_stands():
    """Where that is unknown, it stands in the channel."""
    answer = text("a", **relates(**reply(ONE)))
    inside, outside = read(answer, Known(BEN, ROOT)), read(answer)
    assert isinstance(inside, Said)
    assert isinstance(outside, Said)
    assert (inside.where.thread, inside.reply_to) == (ROOT, ONE)
    assert (outside.where.thread, outside.reply_to) == ("", ONE)


def made(id=ONE, **content):
    """A room as its making and its end make it."""
    one = Room()
    one.apply(event("m.room.create", id=id, room_version="10", **content) | {"state_key": ""})
    return one


def test_a_room_goes_on_as_another_one_where_both_say_so():
    """Communities are walls: by itself a room can neither bring what it has into another nor take what that has."""
    old, new, heir = made(), made(predecessor={"room_id": CHANNEL}), "!new:x.example"
    rooms = {CHANNEL: old, heir: new}
    assert moved(CHANNEL, rooms, NOW) is None
    tombstone = event("m.room.tombstone", replacement_room=heir)
    assert read(tombstone) is None
    old.apply(tombstone)
    assert moved(CHANNEL, rooms, NOW) is None, "only as state, which not everybody may set"
    old.apply(tombstone | {"state_key": ""})
    assert moved(CHANNEL, rooms, NOW) == Moved(TWO, Where(CHANNEL), old.person(ANN), ChannelRef(heir), Millis(5))
    assert moved(CHANNEL, {CHANNEL: old}, NOW) is None, "we are not in there yet"
    for other in ({}, {"predecessor": {"room_id": "!other:x.example"}}, {"predecessor": 7}):
        assert moved(CHANNEL, rooms | {heir: made(**other)}, NOW) is None


def test_times_that_are_none_are_now():
    """A server may say anything."""
    for time in (None, "5", -1, 2**60, True, 1.5):
        heard = read(text("a") | {"origin_server_ts": time})
        assert isinstance(heard, Said)
        assert heard.at == NOW


def test_receipts_that_make_no_sense_are_left_out():
    """The others count."""
    content = {
        ONE: {
            "m.read": {ANN: {"ts": 7, "thread_id": ROOT}, BEN: {"thread_id": ["x"]}},
            "m.read.private": {ANN: {"ts": 8}},
        },
        "nothing": {"m.read": {ANN: {}}},
        TWO: {"m.read": {BEN: 7}},
        "$three:x": None,
    }
    heard = list(receipts({"content": content}, CHANNEL, Room(), NOW))
    assert [(one.message, one.person.id, one.where.thread, one.everywhere, one.at) for one in heard] == [
        (ONE, ANN, ROOT, False, 7),
        (TWO, BEN, "", True, NOW),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["m.relates_to", "m.in_reply_to", "m.new_content", "rel_type", "event_id", "body", "msgtype", "key"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["m.room.message", "m.reaction", "m.room.redaction", "m.room.tombstone", "m.room.member"]))
def test_nothing_that_a_stranger_sends_breaks_the_reading(content, kind):
    """One poisoned event never stops a batch."""
    strange = event(kind) | {"content": content, "state_key": ""}
    about(strange)
    read(strange, Known(ANN))
    Room().apply(strange)
    list(receipts(strange, CHANNEL, Room(), NOW))


def test_a_sticker_is_told_by_what_it_shows():
    """It would be nothing on the forum, and whoever sent it would wait for an answer."""
    told = read(event("m.sticker", body="A cat\nwaves", url="mxc://x.example/cat", info={}))
    assert (told.text, told.format) == ("(sticker: A cat waves)", "plain")
    answer = read(event("m.sticker", body="A cat", url="mxc://x.example/cat", **relates(**reply(ONE))))
    assert answer.reply_to == ONE
    assert read(event("m.sticker", body="", url="mxc://x.example/cat")) is None
    assert read(event("m.sticker", body=["A cat"])) is None


def test_what_a_program_says_is_a_programs_and_no_command():
    """Ghosts of another bridge speak like people, and one may repeat what was said in another room."""
    room = Room()
    for words in ("hello", "!mirror list"):
        heard = told(text(words), CHANNEL, room, Seat(CHANNEL, room), None, "!", NOW, bot=True)
        assert isinstance(heard, Said)
        assert heard.person.bot
