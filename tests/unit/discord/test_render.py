"""What a card looks like on Discord."""

from typing import Any

import msgspec
import pytest

from adapters.chats.discord import adapter
from adapters.chats.discord.render import DESCRIPTION, EMPTY, notice, render, units
from bot import markup
from bot.model import Card, CardKind, MessageId, Payload, Quote, When, at
from bot.testing.chat_showing import CARDS, LONG
from bot.testing.clock import NOON

LINK = "https://forum.example/t/1#p3"
POST = Card(
    CardKind.POST,
    author="Ann Author",
    avatar="https://forum.example/ann.png",
    badge="staff",
    number="#3",
    title="A title",
    body=markup.read("<p>Words &lt;here&gt; and <b>there</b></p>", "html"),
    note="in reply to #2",
    link=LINK,
    when=at(NOON),
    path=("Home", "Talk"),
)


def embed(card: Card, **more: Any) -> dict[str, Any]:
    return msgspec.convert(render(card, **more)[0]["embed"], dict[str, Any])


def test_a_post_says_who_when_where_and_what():
    """Everything that a reader of the forum sees of it; author and title lead to the post."""
    shown = embed(POST)
    assert shown["author"] == {"name": "Ann Author", "url": LINK, "icon_url": "https://forum.example/ann.png"}
    assert shown["description"].split("\n\n") == [
        "Home › Talk",
        f"### [A title](<{LINK}>)",
        "Words \\<here> and **there**",
        "*in reply to #2*",
    ]
    assert shown["footer"] == {"text": "staff · #3"}
    assert shown["timestamp"] == "2026-01-01T12:00:00.000+00:00"


def test_a_time_that_is_not_exact_is_told_in_words():
    """Discord would show it to the minute."""
    shown = embed(
        msgspec.structs.replace(POST, when=When(NOON - NOON % 86_400_000, NOON - NOON % 86_400_000 + 86_399_999))
    )
    assert shown["footer"]["text"].endswith("· 1 Jan 2026")
    assert "timestamp" not in shown


def test_who_speaks_through_a_webhook_is_not_named_twice():
    """The name and picture are the message's own; the post's address stands below the text."""
    [payload] = render(POST, webhook=True)
    shown = msgspec.convert(payload["embed"], dict[str, Any])
    assert payload["speaker"] == {"name": "Ann Author", "avatar": "https://forum.example/ann.png"}
    assert "author" not in shown
    assert shown["description"].endswith(f"[on the forum](<{LINK}>)")


def test_a_tombstone_holds_nothing_of_the_post():
    """Neither its words nor its author; the address leads to what the forum shows in its place."""
    card = msgspec.structs.replace(POST, kind=CardKind.TOMBSTONE, author="", avatar="", badge="", title="", path=())
    card = msgspec.structs.replace(card, note="deleted on the forum")
    shown = embed(card)
    assert shown["description"] == f"*deleted on the forum*\n\n[on the forum](<{LINK}>)"
    assert "author" not in shown


def test_what_is_answered_is_quoted_only_where_the_message_does_not_answer_it():
    """Discord shows the parent above a native reply."""
    quote = Quote("ben", "what he said", "#2", "https://forum.example/t/1#p2")
    assert "what he said" in embed(msgspec.structs.replace(POST, quote=quote))["description"]
    [answer] = render(msgspec.structs.replace(POST, quote=quote, reply_to=MessageId("7")))
    assert answer["reply_to"] == "7"
    assert "what he said" not in str(answer["embed"])


@pytest.mark.parametrize("webhook", [False, True])
def test_no_message_is_longer_than_discord_takes(webhook: bool):
    """Signs that Discord counts twice are counted twice; a webhook's has room for what it answers."""
    long = [
        Card(CardKind.POST, author="ann", title="T" * 500, body=markup.read(words, "plain"), note="n" * 999)
        for words in (*LONG, "💥ab " * 4000)
    ]
    for card in (*CARDS, *long):
        for payload in (*render(card, webhook=webhook), *render(card, 1, webhook=webhook)):
            shown = msgspec.convert(payload["embed"], dict[str, Any])
            assert 0 < units(shown["description"]) <= DESCRIPTION - (120 if webhook else 0)
            assert units(shown.get("author", {}).get("name", "")) <= 256
            assert units(shown.get("footer", {}).get("text", "")) <= 2048


def test_a_card_that_says_nothing_can_be_sent():
    """Discord takes no message that is empty."""
    assert embed(Card(CardKind.NOTICE))["description"] == EMPTY


def images(payload: Payload) -> list[str]:
    return [one["address"] for one in msgspec.convert(payload["images"], list[dict[str, str]])]


def test_images_are_links_in_the_text_and_named_beside_it():
    """The link stays where the image cannot be had; what is hidden is not shown in the open."""
    html = (
        '<p>a <img src="https://f.example/1.png" alt="a kite"> b <a href="https://f.example/page"><img '
        'src="https://f.example/2.png" alt="linked"></a></p>'
        '<details><summary>Fold</summary><img src="https://f.example/3.png" alt="hidden"></details>'
    )
    [payload] = render(Card(CardKind.POST, author="ann", body=markup.read(html, "html")))
    shown = msgspec.convert(payload["embed"], dict[str, Any])["description"]
    assert "a [a kite](<https://f.example/1.png>) b [linked](<https://f.example/page>)" in shown
    assert images(payload) == ["https://f.example/1.png"]


def test_each_image_is_shown_by_the_message_that_has_its_link():
    """A long post is several messages."""
    words = " ".join(f"w{n}" for n in range(1200))
    text = f"![one](https://f.example/1.png) {words}\n\n![two](https://f.example/2.png) end"
    payloads = render(Card(CardKind.POST, author="ann", body=markup.read(text, "markdown")))
    assert len(payloads) > 1
    assert images(payloads[0]) == ["https://f.example/1.png"]
    assert images(payloads[-1]) == ["https://f.example/2.png"]


def test_addresses_that_may_not_be_shown_are_left_out():
    """Discord refuses a whole message for one of them."""
    shown = embed(msgspec.structs.replace(POST, link="javascript:x", avatar="data:image/png;base64,x"))
    assert shown["author"] == {"name": "Ann Author"}
    assert "javascript" not in str(shown)


def test_private_words_are_cut_into_messages():
    """A message has 2,000 characters."""
    said = notice("\n\n".join(["word " * 60] * 20))
    assert len(said) > 1
    assert all(0 < units(one) <= 2000 for one in said)
    assert notice("") == (EMPTY,)


def test_a_terminal_sees_who_says_what():
    """For previews."""
    told = adapter.sketch(render(POST)[0])
    assert told.startswith("Ann Author\n")
    assert told.endswith("staff · #3")
