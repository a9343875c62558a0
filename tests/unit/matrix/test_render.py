"""What a card looks like in a room."""

from typing import Any

import msgspec
import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.media.attachments import Picture
from adapters.chats.matrix.render import LONGEST, PROFILE, notice, render, spoken
from bot import markup
from bot.model import Card, CardKind, MessageId, Offer, Payload, Quote, When, at
from bot.testing.clock import NOON

LINK = "https://forum.example/t/1#p3"
WHEN = at(NOON)
POST = Card(
    CardKind.POST,
    author="Ann Author",
    badge="staff",
    number="#3",
    title="A title",
    body=markup.read("<p>Words &lt;here&gt; and <b>there</b></p>", "html"),
    note="in reply to #2",
    link=LINK,
    when=WHEN,
    path=("Home", "Talk"),
)


def content(card: Card) -> dict[str, Any]:
    return said(render(card)[0])


def said(payload: Payload) -> dict[str, Any]:
    return msgspec.convert(payload["content"], dict[str, Any])


def test_a_post_says_who_when_where_and_what():
    """Everything that a reader of the forum sees of it; the time leads to the post."""
    shown = content(POST)
    assert shown["formatted_body"] == (
        f'<p><strong>Ann Author</strong> · staff · #3 · <a href="{LINK}">{WHEN.stated()} UTC</a></p>'
        "<p>Home › Talk</p><p><strong>A title</strong></p>"
        "<p>Words &lt;here&gt; and <strong>there</strong></p><p><em>in reply to #2</em></p>"
    )
    assert shown["body"].split("\n\n") == [
        f"Ann Author · staff · #3 · {WHEN.stated()} UTC",
        "Home › Talk",
        "A title",
        "Words <here> and there",
        "in reply to #2",
        LINK,
    ]
    assert (shown["msgtype"], shown["format"]) == ("m.text", "org.matrix.custom.html")


def test_a_post_speaks_under_its_authors_name_where_clients_can_show_that():
    """The same author is the same speaker in every message, and another one is another."""
    ann, again, ben = (content(Card(CardKind.POST, author=name))[PROFILE] for name in ("ann", "ann", "ben"))
    assert (ann["displayname"], ann["id"]) == ("ann", again["id"])
    assert ben["id"] != ann["id"]
    assert PROFILE not in content(Card(CardKind.NOTICE, body=markup.read("x", "plain")))


def test_a_ghost_says_what_it_wrote_without_its_own_name():
    """The name and picture stand beside the message; badge, number, time and address stay."""
    card = msgspec.structs.replace(POST, author_key="f#1", avatar="https://x.example/ann.png")
    [payload] = render(card, ghosts=True)
    assert payload["content"] == content(card), "who cannot speak as a ghost says it so"
    shown = spoken(payload)
    words = said(shown)
    assert (shown["avatar"], PROFILE in words) == ("", False)
    assert words["body"].startswith(f"staff · #3 · {WHEN.stated()} UTC\n\nHome › Talk")
    assert words["formatted_body"].startswith(f'<p>staff · #3 · <a href="{LINK}">')
    assert (words["m.mentions"], words["body"].endswith(LINK)) == ({}, True)
    assert payload["at"] == NOON


def test_only_where_authors_have_ghosts_a_payload_speaks_of_them():
    """Of nobody's post, and of a time that nobody knows exactly, nothing is said either."""
    assert {"ghost", "at"} & render(msgspec.structs.replace(POST, author_key="f#1"))[0].keys() == set()
    [payload] = render(Card(CardKind.POST, author="ann", when=When(0, 86_400_000)), ghosts=True)
    assert {"ghost", "at"} & payload.keys() == set()
    for kind in (CardKind.NOTICE, CardKind.TOMBSTONE):
        assert "ghost" not in render(Card(kind, note="n"), ghosts=True)[0]


def test_a_ghost_with_nothing_beside_its_words_says_them_alone():
    """No empty line stands above them."""
    card = Card(CardKind.POST, author="ann", author_key="f/ann", body=markup.read("hello", "plain"))
    words = said(spoken(render(card, ghosts=True)[0]))
    assert (words["body"], words["formatted_body"]) == ("hello", "<p>hello</p>")


@pytest.mark.parametrize(
    "card", [POST, Card(CardKind.NOTICE), Card(CardKind.TOMBSTONE, note="gone"), Card(CardKind.POST, author="@room")]
)
def test_every_message_says_whom_it_mentions(card):
    """Nobody; where that is not said, clients look for names in the text."""
    assert content(card)["m.mentions"] == {}
    assert notice("@room")[0]["m.mentions"] == {}


def test_a_post_and_an_alert_are_words_and_an_answer_and_a_remark_are_notices():
    """Notices notify nobody, and no bot answers them."""
    assert content(POST)["msgtype"] == content(Card(CardKind.NOTICE))["msgtype"] == "m.text"
    assert content(Card(CardKind.REMARK))["msgtype"] == notice("**Done**")[0]["msgtype"] == "m.notice"
    assert notice("**Done**")[0]["formatted_body"] == "<p><strong>Done</strong></p>"


def test_a_change_of_any_message_fits_into_an_event():
    """An edit holds its text twice in two forms; what fits once and not twice could never be changed."""
    for words in ("w" * 70_000, "\n\n".join('"q" & <t> ü' for _ in range(6000)), "💥" * 30_000):
        card = msgspec.structs.replace(POST, body=markup.read(words, "plain"), title="T" * 500, note="n" * 900)
        for payload in render(card):
            shown = said(payload)
            size = len(msgspec.json.encode(shown)) * 2 + 2_000
            assert size < 64_000
            assert sum(len(msgspec.json.encode(shown[form])) for form in ("body", "formatted_body")) <= LONGEST + 8


def test_what_goes_on_in_another_message_says_again_who_speaks():
    """Others may speak between them; the title stands above the first, the note below the last."""
    card = msgspec.structs.replace(POST, body=markup.read("w " * 30_000, "plain"), reply_to=MessageId("$x"))
    made = render(card)
    assert len(made) > 1
    bodies = [said(payload)["body"] for payload in made]
    assert all(body.startswith("Ann Author · staff · #3") for body in bodies)
    assert [("A title" in body, LINK in body) for body in (bodies[0], bodies[-1])] == [(True, False), (False, True)]
    assert [payload["reply_to"] for payload in made] == ["$x", *[""] * (len(made) - 1)]


def test_a_tombstone_holds_no_text_and_says_why():
    """What was deleted must not stand in the room again."""
    card = msgspec.structs.replace(POST, kind=CardKind.TOMBSTONE, note="deleted on the forum")
    [payload] = render(card)
    assert payload["gone"] == "deleted on the forum"
    assert "Words" not in str(payload)
    assert render(POST)[0]["gone"] == ""


def test_what_is_answered_is_quoted_only_where_the_room_cannot_show_it():
    """A native reply shows it already."""
    card = msgspec.structs.replace(POST, quote=Quote("ben", "what he said", "#2", "https://forum.example/t/1#p2"))
    assert "what he said" in content(card)["body"]
    assert "what he said" not in content(msgspec.structs.replace(card, reply_to=MessageId("$x")))["body"]


def test_images_are_named_once_each_and_hidden_ones_stay_links():
    """A spoiler hides its picture too."""
    text = (
        '<p><img src="https://forum.example/a.png" alt="a kite"> <img src="https://forum.example/a.png" alt="again">'
        '<details><summary>more</summary><img src="https://forum.example/b.png"></details></p>'
    )
    [payload] = render(
        msgspec.structs.replace(POST, body=markup.read(text, "html"), avatar="https://forum.example/f.png")
    )
    assert payload["images"] == [{"address": "https://forum.example/a.png", "alt": "a kite"}]
    assert payload["avatar"] == "https://forum.example/f.png"


def test_where_attachments_are_messages_they_stand_behind_the_text_as_far_as_there_is_room():
    """Messages that a post has already must do where others spoke behind it; what finds no room stands in the text."""
    names = [f"https://forum.example/{n}.png" for n in range(3)]
    images = "".join(f'<img src="{name}" alt="no. {n}">' for n, name in enumerate(names))
    card = msgspec.structs.replace(POST, body=markup.read(f"<p>Words {images}</p>", "html"), reply_to=MessageId("$x"))
    for most, alone, apart, inside in (
        (None, 10, names, []),
        (None, 2, names[:2], []),
        (1, 10, [], names),
        (3, 10, names[:2], names[2:]),
        (3, 1, names[:1], []),
    ):
        words, *files = render(card, most, alone=alone)
        assert [msgspec.convert(one["file"], Picture).address for one in files] == apart
        assert [one.address for one in msgspec.convert(words["images"], list[Picture])] == inside
        assert [one["reply_to"] for one in files] == [""] * len(apart)
        assert all(said(one)[PROFILE] == said(words)[PROFILE] for one in files)
    long = msgspec.structs.replace(card, body=markup.read("<p>" + "w " * 30_000 + images + "</p>", "html"))
    made = render(long, alone=10)
    assert [one["file"] for one in made if "file" in one] == [one["file"] for one in made[-3:]]
    assert not any(one["images"] for one in made)
    assert [said(one)["body"] for one in made[-3:]] == [f"no. {n}: {name}" for n, name in enumerate(names)]


def test_an_address_that_may_not_be_followed_is_none():
    """Addresses come from a forum, which may say anything."""
    shown = content(msgspec.structs.replace(POST, link="javascript:alert(1)", avatar="file:///etc/passwd"))
    assert "javascript" not in str(shown)
    assert render(msgspec.structs.replace(POST, avatar="file:///etc/passwd"))[0]["avatar"] == ""


def test_a_preview_is_the_plain_text():
    """A terminal shows it."""
    assert adapter.sketch(adapter.render(POST)[0]).startswith("Ann Author · staff")


def test_what_is_offered_is_written_with_the_sign_that_stands_before_commands():
    """There is nothing to press in a room."""
    offer = Offer("Show all", "mirror", ("flood", "3", "all"))
    card = Card(CardKind.NOTICE, body=markup.read("Much came at once.", "plain"), offers=(offer,))
    shown = said(render(card, sign="%")[0])
    assert shown["body"] == "Much came at once.\n\nShow all: %mirror flood 3 all"
    assert shown["formatted_body"].endswith("<p>Show all: <code>%mirror flood 3 all</code></p>")
    [told] = notice("Much came at once.", [offer], "%")
    assert (told["body"], told["formatted_body"]) == (shown["body"], shown["formatted_body"])


def test_what_can_be_pressed_below_a_post_elsewhere_is_no_words_of_it_here():
    """A line below every thread would be noise; the commands are there all the same."""
    offer = Offer("Read to here", "forum", ("markread", "stands:7"))
    assert render(msgspec.structs.replace(POST, offers=(offer,))) == render(POST)
