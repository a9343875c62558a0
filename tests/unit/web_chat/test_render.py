"""What a card becomes, and what a terminal shows of it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.web import adapter
from adapters.chats.web.render import render
from bot.markup import CONTINUED
from bot.markup.nodes import document, paragraph
from bot.model import Card, CardKind, MessageId, Quote, When, at

AFTERNOON = 1_450_797_840_000  # 22 Dec 2015 15:24 UTC
HOUR = 3_600_000
DECEMBER = When(1_448_928_000_000, 1_451_606_399_999)
REPLY = Card(
    CardKind.POST,
    author="villager",
    avatar="https://forum.example/a.png",
    title="“Free” trade will bring it here",
    body=document(paragraph("Mind yourself, <citizen>")),
    note="edited",
    link="https://forum.example/t/1#1",
    number="#1",
    when=at(AFTERNOON),
    reply_to=MessageId("m1"),
)


def test_a_card_is_one_payload_with_every_field():
    """What is committed is what is sent: one message, the same bytes each time, readable for ever."""
    (payload,) = adapter.render(REPLY)
    assert (payload,) == adapter.render(REPLY)
    assert msgspec.json.decode(msgspec.json.encode(payload)) == payload
    assert list(payload) == [
        "kind",
        "author",
        "avatar",
        "badge",
        "number",
        "title",
        "html",
        "plain",
        "note",
        "link",
        "when",
        "path",
        "quote",
        "reply_to",
        "media",
        "offers",
    ]
    assert (payload["reply_to"], payload["when"]) == ("m1", [AFTERNOON, AFTERNOON])


WORDS = " ".join(f"w{n}" for n in range(200))
LONG = msgspec.structs.replace(REPLY, badge="Host", quote=Quote("ben", "what he said"), body=document(paragraph(WORDS)))


def test_a_text_that_is_longer_than_a_message_goes_on_in_the_next_one():
    """What stands above a text stands on the first, what stands below it on the last; who says it, on each."""
    made = render(LONG, longest=300)
    assert len(made) > 2
    assert " ".join(str(payload["plain"]) for payload in made) == WORDS
    assert max(len(str(payload["plain"])) for payload in made) <= 300
    assert {payload["author"] for payload in made} == {"villager"}
    for field in ("title", "number", "badge", "reply_to", "quote"):
        assert [bool(payload[field]) for payload in made] == [True] + [False] * (len(made) - 1), field
    for field in ("note", "link"):
        assert [bool(payload[field]) for payload in made] == [False] * (len(made) - 1) + [True], field


@pytest.mark.parametrize("most", [1, 2])
def test_what_does_not_go_into_the_messages_that_are_asked_for_is_said_to_go_on(most):
    """And the reader is led there."""
    made = render(LONG, most, longest=300)
    assert len(made) == most
    *_, last = made
    assert str(last["plain"]).endswith(f"{CONTINUED} ({REPLY.link})")
    assert len(str(last["plain"])) <= 300
    assert f'href="{REPLY.link}"' in str(last["html"])


def test_text_of_a_post_is_never_markup_of_ours():
    """What a forum's user writes is hostile."""
    (payload,) = adapter.render(REPLY)
    assert "<citizen>" not in str(payload["html"])
    assert "<citizen>" in str(payload["plain"])


def test_a_tombstone_shows_the_note_and_no_text():
    """A deleted post's words may not stand behind its tombstone."""
    (payload,) = adapter.render(msgspec.structs.replace(REPLY, kind=CardKind.TOMBSTONE, note="deleted on the forum"))
    assert (payload["html"], payload["plain"], payload["note"]) == ("", "", "deleted on the forum")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "http://[", "x"]
)
def test_only_web_addresses_become_links(link):
    """A link that a reader follows must lead to the web."""
    quote = Quote("a", "b", link=link)
    (payload,) = adapter.render(msgspec.structs.replace(REPLY, link=link, quote=quote))
    assert payload["link"] == ""
    assert payload["quote"] == {"author": "a", "excerpt": "b", "number": "", "link": ""}


def test_a_sketch_reads_like_the_post():
    """Previews on the command line show what a channel would show."""
    (payload,) = adapter.render(REPLY)
    assert adapter.sketch(payload) == (
        "villager · #1 · 22 Dec 2015 15:24\n"
        "“Free” trade will bring it here\n"
        "\n"
        "Mind yourself, <citizen>\n"
        "\n"
        "edited\n"
        "https://forum.example/t/1#1"
    )


def test_a_sketch_says_each_thing_once_and_leaves_out_what_is_missing():
    """An OP carries "OP" as badge and as number; a title-only post has no text."""
    op = Card(
        CardKind.POST,
        author="pscot",
        badge="OP",
        number="OP",
        title="China moves",
        when=DECEMBER,
        path=("Main", "Good Reads"),
        link="https://forum.example/t/1",
    )
    (payload,) = adapter.render(op)
    assert adapter.sketch(payload) == (
        "pscot · OP · Dec 2015\nMain › Good Reads\nChina moves\n\nhttps://forum.example/t/1"
    )
    assert adapter.sketch({}) == ""


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (at(AFTERNOON), "22 Dec 2015 15:24"),
        (When(AFTERNOON, AFTERNOON + 59_999), "22 Dec 2015 15:24"),
        (When(AFTERNOON, AFTERNOON + HOUR), "22 Dec 2015"),
        (DECEMBER, "Dec 2015"),
        (When(DECEMBER.earliest + 8 * HOUR, DECEMBER.latest + 8 * HOUR), "Dec 2015"),
        (When(1_420_070_400_000, AFTERNOON), "2015"),
        (When(DECEMBER.earliest, DECEMBER.latest + 400 * 24 * HOUR), "2015 to 2017"),
        (When(DECEMBER.earliest, DECEMBER.latest + 60 * 365 * 24 * HOUR), "date unknown"),
    ],
)
def test_a_time_is_said_as_exactly_as_it_is_known(when, words):
    """A minute that nobody knows would be a lie; a month elsewhere is a month."""
    assert when.stated() == words


@given(st.integers(-(2**63), 2**63), st.integers(0, 2**62))
def test_no_time_breaks_a_sketch(early, width):
    """Forums print what they like."""
    assert When(early, early + width).stated()


@pytest.mark.parametrize("longest", [0, -1, 199, 100_001])
def test_a_message_of_no_sensible_length_is_a_mistake_in_the_settings(longest):
    with pytest.raises(msgspec.ValidationError, match="longest is from 200 to 100000"):
        msgspec.convert({"longest": longest}, adapter.settings)


def test_a_channel_that_cannot_be_named_so_is_a_mistake_in_the_settings():
    """The program must say so before it starts, not when somebody looks for the channel."""
    with pytest.raises(msgspec.ValidationError, match="lounge"):
        msgspec.convert({"channels": ["###"]}, adapter.settings)
