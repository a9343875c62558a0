"""Laws of offers: what can be done about a text by a press, or by typing what the chat says."""

from __future__ import annotations

from bot import markup
from bot.model import MOST_OFFERS, NO_MESSAGE, Card, CardKind, Commanded, Event, MessageId, Offer
from bot.ports import Chat
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_talk import heard, listening, only, seen, send

OFFERS = (
    Offer("Show all of it", "mirror", ("flood", "3", "all")),
    Offer("Leave some words out", "mirror", ("filter", "3", "--not-words", "cats, dogs")),
)


def asking(*offers: Offer) -> Card:
    """The card of a question to admins."""
    return Card(CardKind.NOTICE, body=markup.read("Much came at once.", "plain"), offers=offers)


class OfferingLaws:
    """Every chat offers by these."""

    async def test_what_is_offered_is_shown(self, rig: ChatRig) -> None:
        """A question that nobody can answer is no question."""
        chat = await rig.chat()
        message = await _asked(chat, rig)
        text = (await seen(rig, message)).text
        for offer in OFFERS:
            assert offer.label in text, f"{offer.label!r} is not offered; shown is {text!r}"

    async def test_as_much_is_offered_as_may_be(self, rig: ChatRig) -> None:
        """Many things may wait for a word."""
        chat = await rig.chat()
        many = [Offer(f"Retry {n}", "mirror", ("retry", str(n))) for n in range(1000, 1000 + MOST_OFFERS)]
        [message] = await send(chat, rig.where, asking(*many), "k-1")
        text = (await seen(rig, message)).text
        assert [offer.label for offer in many if offer.label not in text] == []

    async def test_what_is_not_offered_any_more_is_not_shown(self, rig: ChatRig) -> None:
        """A message is replaced whole."""
        chat = await rig.chat()
        message = await _asked(chat, rig)
        await chat.edit(rig.where, message, chat.render(asking())[0])
        assert OFFERS[0].label not in (await seen(rig, message)).text

    async def test_to_take_an_offer_is_to_give_its_command(self, rig: ChatRig) -> None:
        """By whoever takes it, with what they may: others can press as well."""
        chat = await rig.chat()
        message = await _asked(chat, rig)
        async with await listening(rig, chat) as ears:
            for name in ("Root", "Ann"):
                await _take(rig, chat, name, message, OFFERS[1])
            events = await heard(ears, rig)
        for name, event in zip(("Root", "Ann"), events, strict=True):
            _is_given(event, name, OFFERS[1], admin=name == "Root")

    async def test_an_offer_outlives_a_restart(self, rig: ChatRig) -> None:
        """Whoever reads of it next day finds the program started anew."""
        message = await _asked(await rig.chat(), rig)
        chat = await rig.reopen()
        async with await listening(rig, chat) as ears:
            await _take(rig, chat, "Root", message, OFFERS[0])
            event = only(await heard(ears, rig))
        _is_given(event, "Root", OFFERS[0])

    async def test_what_is_offered_in_private_is_shown_there(self, rig: ChatRig) -> None:
        """And taking it is to give its command, too."""
        chat = await rig.chat()
        root = rig.as_person("Root", admin=True)
        await root.say(rig.where, "hello")
        async with await listening(rig, chat) as ears:
            await chat.tell(rig.where, root.id, "Much came at once.", "w-1", offers=OFFERS)
            text = "\n".join(await rig.told(root.id))
            assert [offer.label for offer in OFFERS if offer.label not in text] == []
            if _typed(chat, OFFERS[0]) in text:
                await root.command(rig.where, OFFERS[0].line)
            else:
                await root.press(rig.where, NO_MESSAGE, OFFERS[0].label)
            event = only(await heard(ears, rig))
        _is_given(event, "Root", OFFERS[0])


async def _asked(chat: Chat, rig: ChatRig) -> MessageId:
    [message] = await send(chat, rig.where, asking(*OFFERS), "k-1")
    return message


async def _take(rig: ChatRig, chat: Chat, name: str, message: MessageId, offer: Offer) -> None:
    """Press, or type what the chat says."""
    hands = rig.as_person(name, admin=name == "Root")
    if _typed(chat, offer) in (await seen(rig, message)).text:
        await hands.command(rig.where, offer.line)
    else:
        await hands.press(rig.where, message, offer.label)


def _typed(chat: Chat, offer: Offer) -> str:
    return f"{chat.caps.sign}{offer.line}"


def _is_given(event: Event, name: str, offer: Offer, *, admin: bool = True) -> None:
    assert isinstance(event, Commanded)
    assert event.person.admin is admin
    assert (event.group, event.words, event.person.name) == (offer.group, offer.words, name)
