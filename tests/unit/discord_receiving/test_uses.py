"""What people use of ours, and how it is answered at once."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chats.discord.permissions import MANAGE_CHANNELS
from adapters.chats.discord.render import render
from adapters.chats.discord.uses import Use, answered, commanded, first_answer, shown, use, written
from bot.model import Card, CardKind, ChannelRef, Command, Where, answer_key, answered_command

US, APPLICATION, ANN, POST = "1", "9", "2", "500"
WHERE = Where(ChannelRef("10"))


def embed(kind: CardKind) -> object:
    """The embed of a card, as Discord keeps it."""
    return render(Card(kind, author="ann"))[0]["embed"]


POSTED = {"embeds": [embed(CardKind.POST)]}
UNREAD = Command("forum", "unread", "help")
STATUS = Command("mirror", "status", "help")


def told(kind: int, data: dict[str, Any], may: int = 0, **more: Any) -> dict[str, Any]:
    member = {"user": {"id": ANN, "username": "ann"}, "permissions": str(may), "roles": []}
    base = {"id": "700", "token": "t", "type": kind, "channel_id": "10", "guild_id": "100", "member": member}
    return {**base, "data": data, **more}


def used(kind: int, data: dict[str, Any], may: int = 0) -> Use:
    found = use(told(kind, data, may))
    assert found is not None
    return found


def slash(group: str, name: str, may: int = 0) -> Use:
    return used(2, {"type": 1, "name": group, "options": [{"name": name, "type": 1}]}, may)


def menu(message: dict[str, Any]) -> Use:
    return used(2, {"type": 3, "name": "Reply on forum", "target_id": POST, "resolved": {"messages": {POST: message}}})


def form(target: str = POST, text: str = "my answer") -> Use:
    field = {"type": 4, "custom_id": "text", "value": text}
    return used(5, {"custom_id": f"reply:{target}", "components": [{"type": 18, "component": field}]})


def test_a_command_is_promised_an_answer_for_its_giver_alone() -> None:
    """The answer may take longer than three seconds, and is nobody else's business."""
    assert first_answer(slash("forum", "unread"), US, APPLICATION) == {"type": 5, "data": {"flags": 64}}


def test_a_command_is_its_words_and_its_community_is_the_server() -> None:
    """With the id of the use, under which it is answered."""
    command = commanded(slash("forum", "unread"), WHERE, [UNREAD])
    assert command is not None
    assert (command.id, command.group, command.words, command.community) == ("700", "forum", ("unread",), "100")
    assert (command.person.id, command.person.admin) == (ANN, False)


def test_admins_are_who_manages_channels_or_may_give_the_command() -> None:
    """Discord offers it to nobody else, but to those whom the server's own settings let."""
    for given, admin in (
        (slash("forum", "unread", MANAGE_CHANNELS), True),
        (slash("forum", "unread"), False),
        (slash("mirror", "status"), True),
    ):
        command = commanded(given, WHERE, [UNREAD, STATUS])
        assert command is not None
        assert command.person.admin is admin


def test_the_menu_of_a_post_opens_a_form() -> None:
    """Of our own message, or of one that our webhook wrote; also of one in which an answer stands, without a colour."""
    ours, webhooks = {"author": {"id": US}}, {"webhook_id": "7", "application_id": APPLICATION, "author": {"id": "7"}}
    for message in (ours | POSTED, webhooks | POSTED, ours | {"embeds": [{"description": "my answer"}]}):
        answer = first_answer(menu(message), US, APPLICATION)
        assert answer is not None
        assert answer["type"] == 9


@pytest.mark.parametrize(
    "message",
    [
        {"author": {"id": ANN}} | POSTED,
        {"webhook_id": "7", "author": {"id": "7"}} | POSTED,
        {},
        pytest.param({"author": {"id": US}, "content": "An answer."}, id="an answer of the house"),
        pytest.param({"author": {"id": US}, "embeds": [embed(CardKind.NOTICE)]}, id="a notice"),
    ],
)
def test_the_menu_of_any_other_message_says_so(message: dict[str, Any]) -> None:
    """Who wrote an answer into a form wants it to go somewhere."""
    answer = first_answer(menu(message), US, APPLICATION)
    assert answer is not None
    assert answer["type"] == 4
    assert "no post of a forum" in str(answer["data"])


def test_what_is_written_into_the_form_is_an_answer_to_the_post() -> None:
    """It stands in the message that the form is answered by, where everybody sees it."""
    assert first_answer(form(), US, APPLICATION) == {"type": 5, "data": {}}
    said = written(form(), WHERE, "800")
    assert said is not None
    assert (said.text, said.reply_to, said.message, said.person.id, said.id) == ("my answer", POST, "800", ANN, "700")
    assert "my answer" in str(shown(said))
    assert shown(said)["allowed_mentions"] == {"parse": []}


def test_what_only_discord_can_draw_is_named_in_a_form_too() -> None:
    said = written(form(text="good <:thumb:5>, see <#3>"), WHERE, "800")
    assert said is not None
    assert (said.text, said.format) == ("good :thumb:, see #channel", "discord")


def test_a_form_without_a_message_for_its_words_says_nothing() -> None:
    """Its fate could be shown nowhere; Discord tells who sent it that it failed."""
    assert written(form(), WHERE, "") is None
    assert written(form(text="  "), WHERE, "800") is None


def press(id: str, may: int = 0) -> Use:
    found = use(told(3, {"custom_id": id, "component_type": 2}, may, message={"id": "600"}))
    assert found is not None
    return found


def test_a_press_is_promised_an_answer_and_is_its_command() -> None:
    """For whoever pressed, with what they may in that channel: what a server lets them besides is not told."""
    assert first_answer(press("do:mirror retry 12"), US, APPLICATION) == {"type": 5, "data": {"flags": 64}}
    for may, admin in ((0, False), (MANAGE_CHANNELS, True)):
        command = commanded(press("do:mirror retry 12", may), WHERE, [])
        assert command is not None
        assert (command.id, command.group, command.words) == ("700", "mirror", ("retry", "12"))
        assert (command.person.admin, command.pressed, command.community) == (admin, True, "100")


def test_the_button_below_a_post_opens_the_form() -> None:
    """The same as in its menu."""
    answer = first_answer(press("reply"), US, APPLICATION)
    assert answer is not None
    assert (answer["type"], "reply:600" in str(answer["data"])) == (9, True)
    assert commanded(press("reply"), WHERE, []) is None


@pytest.mark.parametrize(
    "other",
    [
        told(3, {"custom_id": "reply:5"}),
        told(3, {"custom_id": "another"}, message={"id": "600"}),
        told(3, {"custom_id": "reply"}),
        told(4, {"type": 1, "name": "forum"}),
        told(5, {"custom_id": "reply:"}),
        told(5, {"custom_id": "other:5"}),
        told(2, {"type": 2, "name": "Reply on forum"}),
        told(2, {"type": 3, "name": "Another"}),
    ],
)
def test_what_is_not_ours_is_left_alone(other: dict[str, Any]) -> None:
    """Another program of the same application may answer it."""
    found = use(other)
    assert found is not None
    assert first_answer(found, US, APPLICATION) is None
    assert commanded(found, WHERE, []) is None
    assert not answered(found)


@pytest.mark.parametrize("strange", [{}, {"id": 5, "data": []}, told(2, {}, guild_id=None), told(2, {}, member=[])])
def test_senseless_uses_are_none(strange: dict[str, Any]) -> None:
    """Nobody is there to be answered."""
    assert use(strange) is None


def test_the_answer_to_a_command_names_it() -> None:
    """Whatever its id is made of."""
    for id in ("700", "$a-b:c", ""):
        assert answered_command(answer_key(3, id)) == id
    assert answered_command("reply-3-x") == ""
