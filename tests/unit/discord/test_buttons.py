"""What stands below messages to be pressed, and what a press means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from adapters.chats.discord.buttons import IN_A_ROW, LONGEST_ID, of_offers, pressed
from adapters.chats.discord.render import render
from bot import markup
from bot.model import MOST_OFFERS, Card, CardKind, Offer
from bot.testing.chat_showing import CARDS, LONG

LINK = "https://forum.example/t/1"
OPENER = Card(
    CardKind.POST,
    author="ann",
    title="A title",
    body=markup.read("Words", "plain"),
    link=LINK,
    opener=True,
    answerable=True,
    offers=(Offer("Read to here", "forum", ("markread", "stands:7")),),
)
READ = ("Read to here", "do:forum markread stands:7")
Replace = msgspec.structs.replace


def buttons(card: Card, **more: Any) -> list[list[tuple[str, str]]]:
    """What the buttons below each message of a card say, and where each leads or what it is known by."""
    return [
        [
            (one["label"], one.get("url") or one["custom_id"])
            for row in msgspec.convert(payload["components"], list[dict[str, Any]])
            for one in row["components"]
        ]
        for payload in render(card, **more)
    ]


@pytest.mark.parametrize("webhook", [False, True])
def test_an_opening_post_can_be_marked_read_answered_and_opened(webhook: bool) -> None:
    """Below each thread's beginning, whoever speaks; a row below every reply would be noise."""
    assert buttons(OPENER, webhook=webhook) == [[READ, ("Reply", "reply"), ("Open", LINK)]]
    assert buttons(Replace(OPENER, opener=False, offers=()), webhook=webhook) == [[]]


def test_the_buttons_of_a_long_post_stand_below_its_end() -> None:
    """Who has read it is there; with fewer messages they stand below what is the last then."""
    long = Replace(OPENER, body=markup.read(LONG[0], "plain"))
    first, *between, last = buttons(long)
    assert (first, last) == ([], [READ, ("Reply", "reply"), ("Open", LINK)])
    assert not any(between)
    assert buttons(long, most=1) == [[READ, ("Reply", "reply"), ("Open", LINK)]]


def test_where_nothing_goes_back_nothing_offers_it() -> None:
    """Words written into a form in vain are worse than no form."""
    assert buttons(Replace(OPENER, answerable=False)) == [[READ, ("Open", LINK)]]


@pytest.mark.parametrize("link", ["", "javascript:x", f"https://forum.example/{'x' * 600}"])
def test_an_address_that_a_button_cannot_hold_has_none(link: str) -> None:
    """Discord would refuse the whole message."""
    assert buttons(Replace(OPENER, link=link)) == [[READ, ("Reply", "reply")]]


def test_a_tombstone_has_no_buttons() -> None:
    """There is nothing left to be answered."""
    assert buttons(Card(CardKind.TOMBSTONE, note="deleted on the forum", link=LINK, number="OP")) == [[]]


def test_what_is_offered_stands_in_rows_below_the_last_message() -> None:
    """As many as one text may have; each is a command."""
    offers = tuple(Offer(f"Retry {n}", "mirror", ("retry", str(n))) for n in range(MOST_OFFERS))
    *others, last = render(Card(CardKind.NOTICE, body=markup.read(LONG[0], "plain"), offers=offers))
    assert all(one["components"] == [] for one in others)
    rows = msgspec.convert(last["components"], list[dict[str, Any]])
    assert [len(row["components"]) for row in rows] == [IN_A_ROW] * (MOST_OFFERS // IN_A_ROW)
    ids = [one["custom_id"] for row in rows for one in row["components"]]
    assert [pressed(id) for id in ids] == [(one.group, one.words) for one in offers]


def test_what_no_button_can_hold_is_offered_in_words() -> None:
    """Its id is the command, and Discord takes a hundred characters."""
    long = Offer("Leave them out", "mirror", ("filter", "3", "--not-words", "x" * LONGEST_ID))
    assert of_offers([long]) == []
    [payload] = render(Card(CardKind.NOTICE, body=markup.read("Much came.", "plain"), offers=(long,)))
    assert payload["components"] == []
    assert f"Leave them out: `/{long.line}`" in str(payload["embed"])


def test_equal_commands_are_offered_once() -> None:
    """Discord refuses a message with two buttons of one id."""
    twice = [Offer(label, "mirror", ("held",)) for label in ("Held", "What is held")]
    [row] = of_offers(twice)
    assert len(msgspec.convert(row["components"], list[dict[str, Any]])) == 1


@pytest.mark.parametrize("id", ["", "reply", "do:", "do: ", "other:mirror held", 'do:mirror "held'])
def test_other_buttons_give_no_command(id: str) -> None:
    """Another program of the same application may know them."""
    assert pressed(id) is None


def test_every_card_has_buttons_that_discord_takes() -> None:
    for card in CARDS:
        for payload in render(card):
            for row in msgspec.convert(payload["components"], list[dict[str, Any]]):
                assert 0 < len(row["components"]) <= IN_A_ROW
                assert all(len(one.get("custom_id", "")) <= LONGEST_ID for one in row["components"])
