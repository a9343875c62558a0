"""Laws of rendering: what becomes of a card in a chat."""

from __future__ import annotations

import re
import unicodedata

import msgspec

from bot import markup
from bot.model import Card, CardKind, Offer, Quote, When, at
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_talk import post, send, standing
from bot.testing.clock import NOON

PINGS = "@everyone and @here and @room and <@1> and <@&2> and <!channel> and @ann:example.org"
"""Words that ping somebody in one chat or another."""

LONG = (
    " ".join(f"w{n}" for n in range(4000)),
    "\n\n".join(" ".join(f"w{n}" for n in range(start, start + 37)) for start in range(0, 4000, 37)),
    "\n".join(f"w{n}. And then?" for n in range(1500)),
)
"""Texts for several messages: one paragraph, many of them, many lines."""

WORD = re.compile(r"\bw\d+\b")

CARDS = (
    post("Plain words"),
    post("two\n\nparagraphs and *stars* and <tags> & signs"),
    post(" ".join(f"word{n}" for n in range(4000))),
    post("💥 ελ 漢字 \u202e backwards"),
    Card(CardKind.POST, author="ann", title="Only a title (n/t)", when=at(NOON)),
    Card(
        CardKind.POST,
        author="ann" * 30,
        avatar="https://forum.example/ann.png",
        badge="OP",
        title="A title " * 50,
        body=markup.read("An opening post", "plain"),
        note="listed, text not seen yet",
        link="https://forum.example/t/1",
        number="OP",
        when=When(NOON, NOON + 86_400_000),
        path=("Home", "Talk", "General"),
        quote=Quote("ben", "what he said", "#2", "https://forum.example/t/1#p2"),
        opener=True,
        answerable=True,
        offers=(Offer("Read to here", "forum", ("markread", "stands:7")),),
    ),
    Card(CardKind.TOMBSTONE, note="deleted on the forum", number="#3", when=at(NOON)),
    Card(CardKind.NOTICE, body=markup.read("The forum cannot be reached.", "plain")),
    Card(CardKind.NOTICE),
    Card(CardKind.REMARK, body=markup.read("mod: closed the thread", "plain"), link="https://forum.example/t/1#e7"),
    Card(
        CardKind.NOTICE,
        body=markup.read("Much came at once.", "plain"),
        offers=(
            Offer("Show all", "mirror", ("flood", "3", "all")),
            Offer("Leave this out", "mirror", ("filter", "3", "--not-words", "many words of a long list, " * 9)),
        ),
    ),
)
"""Cards of every kind, from the smallest to one that needs several messages."""


def image(alt: str) -> Card:
    """A post with an image that nobody can fetch."""
    text = f'<p>before <img src="https://forum.example/kite.png" alt="{alt}"> behind</p>'
    return Card(CardKind.POST, author="ann", body=markup.read(text, "html"))


class ShowingLaws:
    """Every chat shows cards by these."""

    async def test_capabilities_are_known_words(self, rig: ChatRig) -> None:
        """The core adapts to capabilities; a misspelt one would be taken for "none"."""
        caps = (await rig.chat()).caps
        assert caps.read_back in ("none", "finds", "proof")
        assert caps.key_window is None or caps.key_window > 0, "a chat without keys has caps.key_window = None"
        assert caps.at_once >= 1, "at least one place is written to at a time"
        assert caps.media in ("upload", "embed", "link")

    async def test_every_card_becomes_at_least_one_message(self, rig: ChatRig) -> None:
        """A post that becomes no message is lost, and nobody is told."""
        chat = await rig.chat()
        for card in CARDS:
            assert len(chat.render(card)) >= 1, f"nothing shows {card!r:.200}"

    async def test_equal_cards_become_equal_bytes(self, rig: ChatRig) -> None:
        """A retry sends exactly what was sent before: nothing of the time, of chance or of earlier calls is in it."""
        chat = await rig.chat()
        for most in (None, 1):
            first = [msgspec.json.encode(chat.render(card, most)) for card in CARDS]
            twins = [msgspec.json.decode(msgspec.json.encode(card), type=Card) for card in CARDS]
            again = [msgspec.json.encode(chat.render(card, most)) for card in twins]
            # Told by number: the long ones side by side would take pytest minutes to compare.
            changed = [n for n, (one, other) in enumerate(zip(first, again, strict=True)) if one != other]
            assert not changed, f"cards {changed} are rendered otherwise the second time"

    async def test_a_payload_survives_the_database(self, rig: ChatRig) -> None:
        """It is committed as JSON before it is sent; what JSON changes (a tuple, a number as a key) is sent changed."""
        chat = await rig.chat()
        for card in CARDS:
            for payload in chat.render(card):
                assert msgspec.json.decode(msgspec.json.encode(payload)) == payload

    async def test_every_card_can_be_sent(self, rig: ChatRig) -> None:
        """A payload that the chat refuses (too long, empty) can never be sent, however often it is tried."""
        chat = await rig.chat()
        for n, card in enumerate(CARDS):
            await send(chat, rig.where, card, f"card-{n}")
        assert len(await standing(rig)) >= len(CARDS)

    async def test_what_a_post_says_is_shown(self, rig: ChatRig) -> None:
        """Who wrote it, its title and its words; a reader need not follow the link."""
        chat = await rig.chat()
        card = Card(
            CardKind.POST, author="Ann Author", title="A certain title", body=markup.read("Certain words", "plain")
        )
        await send(chat, rig.where, card, "k-1")
        told = " ".join(f"{one.author} {one.text}" for one in await standing(rig))
        for part in ("Ann Author", "A certain title", "Certain words"):
            assert part in told, f"{part!r} is not shown; shown is {told!r}"

    async def test_no_word_of_a_long_text_is_lost_over_its_messages(self, rig: ChatRig) -> None:
        """It goes on in the next message, in its order, however it is written: not shuffled, repeated or holed."""
        chat = await rig.chat()
        for n, words in enumerate(LONG):
            before = len(await standing(rig))
            await send(chat, rig.where, post(words), f"k-{n}")
            told = WORD.findall(" ".join(one.text for one in (await standing(rig))[before:]))
            assert told == WORD.findall(words), f"of {len(WORD.findall(words))} words {len(told)} are shown"

    async def test_a_card_becomes_no_more_messages_than_are_asked_for(self, rig: ChatRig) -> None:
        """Others spoke behind a post that grew: what is added to it would stand among their words."""
        chat = await rig.chat()
        for n, card in enumerate(CARDS):
            for most in (1, 2):
                made = chat.render(card, most)
                assert 1 <= len(made) <= most, f"{len(made)} messages where {most} were asked for"
                for part, payload in enumerate(made):
                    await chat.send(rig.where, payload, f"card-{n}-{most}-{part}")

    async def test_what_is_cut_is_said(self, rig: ChatRig) -> None:
        """A reader who sees the beginning knows that there is more; behind a text that is whole nobody looks for it."""
        chat = await rig.chat()
        [payload] = chat.render(post(LONG[0]), 1)
        await chat.send(rig.where, payload, "k-1")
        await chat.send(rig.where, chat.render(post("short words"), 1)[0], "k-2")
        cut, whole = [one.text for one in await standing(rig)]
        assert markup.CONTINUED in cut
        assert WORD.findall(LONG[0])[:100] == WORD.findall(cut)[:100]
        assert markup.CONTINUED not in whole

    async def test_an_image_is_shown_with_its_words(self, rig: ChatRig) -> None:
        """Its description says what it shows to whoever cannot see it, and the words around it stay."""
        chat = await rig.chat()
        await send(chat, rig.where, image("a red kite"), "k-1")
        told = " ".join(one.text for one in await standing(rig))
        for part in ("before", "a red kite", "behind"):
            assert part in told, f"{part!r} is not shown; shown is {told!r}"

    async def test_an_image_that_cannot_be_had_stops_nothing(self, rig: ChatRig) -> None:
        """Its site is down, its address expired or private: the message is worth more than its picture."""
        chat = await rig.chat()
        messages = await send(chat, rig.where, image(""), "k-1")
        await chat.edit(rig.where, messages[0], chat.render(image("described"))[0])
        assert [one.message for one in await standing(rig)] == messages

    async def test_words_that_look_like_pings_are_kept(self, rig: ChatRig) -> None:
        """Somebody quoted a chat on the forum; the words are theirs."""
        chat = await rig.chat()
        await send(chat, rig.where, post(PINGS), "k-1")
        told = "".join(one.text for one in await standing(rig))
        kept = "".join(sign for sign in told if unicodedata.category(sign) != "Cf")
        for word in ("everyone", "here", "room", "ann"):
            assert word in kept, f"{word!r} was taken out of the text"

    async def test_nobody_is_pinged(self, rig: ChatRig) -> None:
        """A forum's author must not wake a whole community, wherever on the card the words stand."""
        chat = await rig.chat()
        before = await rig.pings()
        cards = (
            post(PINGS, author=PINGS),
            Card(CardKind.POST, author="ann", title=PINGS, note=PINGS, path=(PINGS,), quote=Quote(PINGS, PINGS)),
            Card(CardKind.NOTICE, body=markup.read(PINGS, "plain")),
        )
        for n, card in enumerate(cards):
            messages = await send(chat, rig.where, card, f"k-{n}")
            await chat.edit(rig.where, messages[0], chat.render(card)[0])
        assert await rig.pings() == before
