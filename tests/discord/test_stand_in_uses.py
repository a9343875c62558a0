"""Commands, buttons, menus and modals on the stand-in go as on Discord, answered by discord.py as it is."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord import permissions
from tests.discord.interactions import LATER, MESSAGE, UPDATE
from tests.discord.listener import Listener, Listeners, refused, until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import NotOffered, Person
from tests.discord.refusals import Refusal
from tests.discord.stand_in import StandIn

FIELD: dict[str, Any] = {"type": 4, "custom_id": "f", "label": "l", "style": 1}
LABEL: dict[str, Any] = {"type": 18, "label": "l", "component": FIELD}
TEXT: dict[str, Any] = {"type": 10, "content": "x"}


def modal(*fields: dict[str, Any]) -> dict[str, Any]:
    rows = [{"type": 1, "components": [one]} for one in fields or (FIELD,)]
    return {"title": "t", "custom_id": "c", "components": rows}


class Desk:
    """A client with commands, whose answers each test sets."""

    def __init__(self, client: Listener) -> None:
        self.client = client
        self.tree = app_commands.CommandTree(client)
        self.asked: list[discord.Interaction] = []
        group = app_commands.Group(name="mirror", description="for admins", default_permissions=discord.Permissions(16))
        forum = app_commands.Group(name="forum", description="for readers")

        @forum.command(description="follow a board")
        @app_commands.describe(board="which")
        async def follow(asked: discord.Interaction, board: str, days: app_commands.Range[int, 1, 30] = 7) -> None:
            await asked.response.send_message(f"{board} for {days}", ephemeral=True)

        @follow.autocomplete("board")
        async def boards(asked: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=one.title(), value=one) for one in ("news", "help") if typed in one]

        @group.command(description="begin", name="add")
        async def begin(asked: discord.Interaction, place: discord.TextChannel, who: discord.Member) -> None:
            await asked.response.send_message(f"{place.name} for {who.name}")

        @self.tree.command(description="whatever the test says")
        async def any(asked: discord.Interaction) -> None:
            self.asked.append(asked)

        @self.tree.context_menu(name="Reply on forum")
        async def reply(asked: discord.Interaction, message: discord.Message) -> None:
            await asked.response.send_modal(Reply(message.content))

        self.tree.add_command(group)
        self.tree.add_command(forum)

    async def used(self) -> discord.Interaction:
        """The newest use that is for the test to answer."""
        await until(lambda: self.asked)
        return self.asked.pop()


class Reply(discord.ui.Modal, title="Reply"):
    text: discord.ui.TextInput = discord.ui.TextInput(label="Text", custom_id="text", min_length=2)

    def __init__(self, about: str) -> None:
        super().__init__(custom_id=f"reply:{about}")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{self.custom_id}: {self.text.value}", ephemeral=True)


@pytest.fixture
async def desk(client: Listener) -> Desk:
    desk = Desk(client)
    await desk.tree.sync()
    return desk


async def test_a_command_is_answered(stand_in: StandIn, desk: Desk, talk: Channel, ann: Person, guild: Guild) -> None:
    """With options of all kinds; what only one person is to see, nobody else sees, nor history, nor the gateway."""
    use = ann.uses(talk, "forum follow", board="news", days=3)
    assert [one.content for one in await use.said()] == ["news for 3"]
    assert (use.answer, use.ephemeral) == (MESSAGE, True)
    bea = stand_in.person("bea", guild, may=permissions.MANAGE_CHANNELS)
    assert (ann.reads(talk), bea.reads(talk)) == (["news for 3"], [])
    assert [one async for one in desk.client.room(talk).history()] == []
    assert desk.client.of("message") == []
    with refused(10008):
        await desk.client.ask("GET", f"/channels/{talk.id}/messages/{use.messages[0].id}")
    with pytest.raises(Refusal, match="10008"):
        stand_in.person("mod", guild, may=permissions.MANAGE_MESSAGES).deletes(use.messages[0])
    ann.dismisses(use.messages[0])
    open_ = bea.uses(talk, "mirror add", place=talk, who=ann)
    assert [one.content for one in await open_.said()] == ["talk for ann"]
    heard = await desk.client.hears("message")
    assert (heard.author, heard.type) == (desk.client.user, discord.MessageType.chat_input_command)
    assert heard.interaction_metadata.user.id == int(bea.id)
    assert ann.reads(talk) == ["talk for ann"]


async def test_a_client_offers_only_what_there_is(
    stand_in: StandIn, desk: Desk, talk: Channel, ann: Person, guild: Guild
) -> None:
    """And to whom it is for: by the command's default, by the guild's settings, by the channel's permissions."""
    for line, options in (
        ("nothing", {}),
        ("forum", {}),
        ("forum follow", {}),
        ("forum follow", {"board": "news", "other": 1}),
        ("forum nothing", {}),
        ("mirror add", {"place": talk, "who": ann}),
    ):
        with pytest.raises(NotOffered):
            ann.uses(talk, line, **options)
    stand_in.commands.allow(guild.id, "mirror", ann.id, True)
    await desk.client.hears("raw_app_command_permissions_update")
    await ann.uses(talk, "mirror add", place=talk, who=ann).said()
    stand_in.commands.allow(guild.id, "mirror", guild.id, False)
    stand_in.commands.allow(guild.id, "mirror", ann.id, False)
    with pytest.raises(NotOffered):
        ann.uses(talk, "mirror add", place=talk, who=ann)
    said = await desk.client.ask("GET", f"/applications/{desk.client.me}/guilds/{guild.id}/commands/permissions")
    assert {rule["id"] for rule in said[0]["permissions"]} == {ann.id, guild.id}
    stand_in.world.overwrite(talk, guild.id, deny=permissions.USE_APPLICATION_COMMANDS)
    with pytest.raises(NotOffered):
        ann.uses(talk, "any")


async def test_an_option_is_completed(desk: Desk, talk: Channel, ann: Person) -> None:
    """While it is typed."""
    use = await ann.completes(talk, "forum follow", "board", "e").answered()
    assert [(one["name"], one["value"]) for one in use.choices or []] == [("News", "news"), ("Help", "help")]
    with pytest.raises(NotOffered):
        ann.completes(talk, "forum follow", "days", "1")


async def test_a_menu_entry_opens_a_modal(stand_in: StandIn, desk: Desk, talk: Channel, ann: Person) -> None:
    """It is given the message with its text, whatever the intents; what comes back is what was filled in."""
    said = ann.says(talk, "what she said")
    use = await ann.uses_on(said, "Reply on forum").answered()
    assert use.modal is not None
    assert (use.modal["title"], use.modal["custom_id"]) == ("Reply", "reply:what she said")
    with pytest.raises(NotOffered):
        ann.uses_on(said, "Report")
    with pytest.raises(NotOffered):
        stand_in.person("bea").submits(use, {"text": "not hers"})
    for values in ({}, {"text": "x"}):
        with pytest.raises(NotOffered):
            ann.submits(use, values)
    submitted = ann.submits(use, {"text": "an answer"})
    assert [one.content for one in await submitted.said()] == ["reply:what she said: an answer"]


async def test_three_seconds_and_one_answer(stand_in: StandIn, desk: Desk, talk: Channel, ann: Person) -> None:
    """Later it is unknown; a second answer is one too many, also where only the answer to the first was lost."""
    ann.uses(talk, "any")
    asked = await desk.used()
    stand_in.forward(3.1)
    with refused(10062, status=404):
        await asked.response.send_message("late")
    use = ann.uses(talk, "any")
    asked = await desk.used()
    await asked.response.send_message("in time")
    path = f"/interactions/{asked.id}/{asked.token}/callback"
    with refused(40060, status=400):
        await desk.client.ask("POST", path, {"type": MESSAGE, "data": {"content": "again"}})
    assert [one.content for one in use.messages] == ["in time"]
    with refused(10062):
        await desk.client.ask("POST", f"/interactions/{asked.id}/nonsense/callback", {"type": MESSAGE})


async def test_what_follows_has_a_quarter_of_an_hour(stand_in: StandIn, desk: Desk, talk: Channel, ann: Person) -> None:
    """Then its token is worth nothing; before there was an answer it is not worth anything yet."""
    use = ann.uses(talk, "any")
    asked = await desk.used()
    with refused(10015):
        await asked.followup.send("too soon")
    await asked.response.send_message("one")
    first = await asked.original_response()
    with refused(10008):
        await desk.client.ask("GET", f"/webhooks/{desk.client.me}/{asked.token}/messages/1")
    stand_in.forward(899)
    second = await asked.followup.send("two", wait=True)
    await first.edit(content="one, changed")
    await second.edit(content="two, changed")
    assert [one.content for one in await use.said(2)] == ["one, changed", "two, changed"]
    await second.delete()
    stand_in.forward(2)
    for late in (lambda: asked.followup.send("x"), lambda: first.edit(content="x"), lambda: first.delete()):
        with refused(50027, status=401):
            await late()
    assert ann.reads(talk) == ["one, changed"]


@pytest.mark.parametrize("hidden", [True, False])
async def test_a_promise_is_kept_by_the_first_that_follows(
    desk: Desk, talk: Channel, ann: Person, hidden: bool
) -> None:
    """It says from the beginning whether others may see it; whatever comes then is a message of its own."""
    use = ann.uses(talk, "any")
    asked = await desk.used()
    await asked.response.defer(ephemeral=hidden, thinking=True)
    assert (use.answer, use.ephemeral, use.messages[0].flags & 128) == (LATER, hidden, 128)
    first = await asked.followup.send("kept", ephemeral=not hidden, wait=True)
    assert (str(first.id), use.ephemeral) == (use.messages[0].id, hidden)
    await asked.followup.send("more", ephemeral=True)
    assert [(one.content, bool(one.only_for)) for one in await use.said(2)] == [("kept", hidden), ("more", True)]
    again = ann.uses(talk, "any")
    asked = await desk.used()
    await asked.response.defer()
    await asked.edit_original_response(content="kept by an edit")
    assert [one.content for one in await again.said()] == ["kept by an edit"]


class Buttons(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.pressed: list[str] = []
        options = [discord.SelectOption(label=one, value=one) for one in ("all", "none")]
        self.select: discord.ui.Select = discord.ui.Select(custom_id="which", options=options)
        self.select.callback = self.chosen  # type: ignore[assignment,method-assign]
        self.add_item(self.select)

    @discord.ui.button(label="Skip", custom_id="skip:1")
    async def skip(self, asked: discord.Interaction, button: discord.ui.Button) -> None:
        self.pressed.append(asked.user.name)
        button.disabled = True
        await asked.response.edit_message(content="skipped", view=self)

    @discord.ui.button(label="Later", custom_id="later:1")
    async def later(self, asked: discord.Interaction, button: discord.ui.Button) -> None:
        await asked.response.defer()
        await asked.edit_original_response(content="later")
        await asked.followup.send("noted", ephemeral=True)

    async def chosen(self, asked: discord.Interaction) -> None:
        await asked.response.send_message(self.select.values[0])


async def test_buttons_and_menus_are_used(
    stand_in: StandIn, desk: Desk, talk: Channel, ann: Person, room: discord.TextChannel
) -> None:
    """They change the message below which they stand, answer it, or promise to."""
    sent = await room.send("held", view=Buttons())
    standing = stand_in.world.message(talk.id, str(sent.id))
    later = ann.presses(standing, "Later")
    assert [one.content for one in await later.said()] == ["noted"]
    assert standing.content == "later"
    chosen = ann.chooses(standing, "which", "none")
    assert [one.content for one in await chosen.said()] == ["none"]
    for values in (("neither",), ("all", "none"), ()):
        with pytest.raises(NotOffered):
            ann.chooses(standing, "which", *values)
    use = await ann.presses(standing, "skip:1").answered()
    assert (use.answer, standing.content) == (UPDATE, "skipped")
    for gone in ("Skip", "nothing"):
        with pytest.raises(NotOffered):
            ann.presses(standing, gone)
    with pytest.raises(NotOffered):
        ann.chooses(standing, "nothing", "all")
    with pytest.raises(NotOffered):
        ann.presses((await later.said())[0], "what is not there")
    await sent.delete()
    with pytest.raises(NotOffered):
        ann.presses(standing, "later:1")


async def test_buttons_outlive_the_process_that_made_them(
    stand_in: StandIn, listener: Listeners, talk: Channel, ann: Person, room: discord.TextChannel
) -> None:
    """Their custom id is all there is."""
    sent = await room.send("held", view=Buttons())
    view = Buttons()
    other = await listener()
    other.add_view(view)
    standing = stand_in.world.message(talk.id, str(sent.id))
    await ann.presses(standing, "Skip").answered()
    assert standing.content == "skipped"


async def test_an_answer_has_to_fit(stand_in: StandIn, desk: Desk, talk: Channel, ann: Person) -> None:
    """A command is not completed, a modal answers no modal, and an answer has the limits that a message has."""

    async def answer(kind: int, data: dict[str, Any]) -> None:
        ann.uses(talk, "any")
        asked = await desk.used()
        await desk.client.ask("POST", f"/interactions/{asked.id}/{asked.token}/callback", {"type": kind, "data": data})

    for where, kind, data in (
        ("type", 8, {"choices": []}),
        ("type", 7, {"content": "x"}),
        ("content", 4, {"content": "x" * 2001}),
        ("data.title", 9, {**modal(), "title": "x" * 46}),
        ("data.custom_id", 9, {**modal(), "custom_id": ""}),
        ("data.components", 9, {**modal(), "components": []}),
        ("data.components", 9, {**modal(), "components": [TEXT] * 6}),
        ("data.components", 9, modal(FIELD, FIELD)),
        ("data.components.0.type", 9, {**modal(), "components": [{"type": 2}]}),
        ("data.components.0.content", 9, {**modal(), "components": [{"type": 10}]}),
        (
            "data.components.0.components",
            9,
            {**modal(), "components": [{"type": 1, "components": [FIELD, {**FIELD, "custom_id": "g"}]}]},
        ),
        ("data.components.0.components.0.label", 9, modal({**FIELD, "label": "x" * 46})),
        ("data.components.0.components.0.custom_id", 9, modal({**FIELD, "custom_id": "x" * 101})),
        ("data.components.0.components.0.placeholder", 9, modal({**FIELD, "placeholder": "x" * 101})),
        ("data.components.0.components.0.value", 9, modal({**FIELD, "value": "x" * 4001})),
        ("data.components.0.components.0.min_length", 9, modal({**FIELD, "min_length": -1})),
        ("data.components.0.components.0.max_length", 9, modal({**FIELD, "max_length": 0})),
        ("data.components.0.components.0.style", 9, modal({**FIELD, "style": 3})),
        ("data.components.0.label", 9, {**modal(), "components": [{**LABEL, "label": "x" * 46}]}),
        ("data.components.0.description", 9, {**modal(), "components": [{**LABEL, "description": "x" * 101}]}),
        ("data.components.0.component.type", 9, {**modal(), "components": [{**LABEL, "component": {"type": 2}}]}),
        ("data.components.0.component.options", 9, {**modal(), "components": [{**LABEL, "component": {"type": 3}}]}),
    ):
        with refused(50035, where):
            await answer(kind, data)
    with refused(50006):
        await answer(4, {})
    ann.completes(talk, "forum follow", "board", "e")
    use = next(reversed(stand_in.interactions.uses.values()))
    path = f"/interactions/{use.id}/{use.token}/callback"
    await until(lambda: use.answer)
    assert len(use.choices or []) == 2
    with refused(40060):
        await desk.client.ask("POST", path, {"type": 8, "data": {"choices": []}})


async def test_in_private_there_are_global_commands(stand_in: StandIn, desk: Desk, ann: Person) -> None:
    """The person comes as a user, with no guild."""
    use = ann.uses(stand_in.world.direct(ann.user), "any")
    asked = await desk.used()
    assert (asked.user.id, asked.guild) == (int(ann.id), None)
    await asked.response.send_message("hello")
    assert [one.content for one in await use.said()] == ["hello"]
