"""What a message on the stand-in may hold at most: each limit has its place in the tree of errors."""

from __future__ import annotations

from typing import Any

import discord

from tests.discord.listener import Listener, refused
from tests.discord.nouns import Channel
from tests.discord.people import Person

V2 = 1 << 15
BUTTON: dict[str, Any] = {"type": 2, "style": 1, "label": "x", "custom_id": "x"}
OPTION: dict[str, Any] = {"label": "x", "value": "x"}
SELECT: dict[str, Any] = {"type": 3, "custom_id": "x", "options": [OPTION]}
TEXT: dict[str, Any] = {"type": 10, "content": "x"}
IN_ROW = "components.0.components.0"


def embed(**fields: Any) -> dict[str, Any]:
    return {"embeds": [{"title": "x", **fields}]}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": list(components)}]}


def layout(*components: dict[str, Any]) -> dict[str, Any]:
    return {"flags": V2, "components": list(components)}


SIX_ROWS = [row({**BUTTON, "custom_id": str(number)})["components"][0] for number in range(6)]

TOO_MUCH: list[tuple[str, dict[str, Any]]] = [
    ("content", {"content": "x" * 2001}),
    ("content", {"content": 7}),
    ("embeds", {"embeds": [{"title": "x"}] * 11}),
    ("embeds", {"embeds": {}}),
    ("embeds.0.title", embed(title="x" * 257)),
    ("embeds.0.description", embed(description="x" * 4097)),
    ("embeds.0.footer.text", embed(footer={"text": "x" * 2049})),
    ("embeds.0.author.name", embed(author={"name": "x" * 257})),
    ("embeds.0.fields", embed(fields=[{"name": "x", "value": "y"}] * 26)),
    ("embeds.0.fields.0.name", embed(fields=[{"name": "x" * 257, "value": "y"}])),
    ("embeds.0.fields.0.value", embed(fields=[{"name": "x", "value": ""}])),
    ("embeds.0.url", embed(url="ftp://x")),
    ("embeds.0.url", embed(url="https://x/" + "y" * 2048)),
    ("embeds.0.author.url", embed(author={"name": "x", "url": "attachment://x"})),
    ("embeds.0.image.url", embed(image={"url": "https://"})),
    ("embeds.0.color", embed(color=2**24)),
    ("embeds.0.color", embed(color=-1)),
    ("embeds.0.color", embed(color="red")),
    ("embeds", {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]}),
    ("message_reference", {"content": "x", "message_reference": {"message_id": "1"}}),
    ("message_reference.type", {"content": "x", "message_reference": {"type": 1, "message_id": "1"}}),
    ("allowed_mentions", {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
    ("allowed_mentions.parse", {"content": "x", "allowed_mentions": {"parse": ["all"]}}),
    ("allowed_mentions.roles", {"content": "x", "allowed_mentions": {"roles": ["1"] * 101}}),
    ("flags", {"content": "x", "flags": 1 << 5}),
    ("flags", {"content": "only answers to interactions are ephemeral", "flags": 1 << 6}),
    ("attachments", {"content": "x", "attachments": [{"id": 0}]}),
    # Rows, buttons, selects.
    ("components", {"components": {}}),
    ("components", {"components": SIX_ROWS}),
    ("components.0.components", row()),
    ("components.0.components", row(*({**BUTTON, "custom_id": str(number)} for number in range(6)))),
    ("components.0.components", row(SELECT, {**SELECT, "custom_id": "y"})),
    ("components.0.components", row(TEXT)),
    ("components.0.type", {"components": [TEXT]}),
    ("components", row(BUTTON, BUTTON)),
    (f"{IN_ROW}.custom_id", row({**BUTTON, "custom_id": "x" * 101})),
    (f"{IN_ROW}.custom_id", row({**BUTTON, "custom_id": None})),
    (f"{IN_ROW}.label", row({**BUTTON, "label": "x" * 81})),
    (IN_ROW, row({**BUTTON, "label": None})),
    (f"{IN_ROW}.style", row({**BUTTON, "style": 9})),
    (f"{IN_ROW}.url", row({"type": 2, "style": 5, "label": "x"})),
    (IN_ROW, row({**BUTTON, "style": 5, "url": "https://x"})),
    (f"{IN_ROW}.custom_id", row({**SELECT, "custom_id": ""})),
    (f"{IN_ROW}.placeholder", row({**SELECT, "placeholder": "x" * 151})),
    (f"{IN_ROW}.min_values", row({**SELECT, "min_values": 26})),
    (f"{IN_ROW}.max_values", row({**SELECT, "max_values": 0})),
    (f"{IN_ROW}.options", row({**SELECT, "options": []})),
    (f"{IN_ROW}.options", row({**SELECT, "options": [{**OPTION, "value": str(number)} for number in range(26)]})),
    (f"{IN_ROW}.options", row({**SELECT, "options": [OPTION, OPTION]})),
    (f"{IN_ROW}.options.0.label", row({**SELECT, "options": [{**OPTION, "label": "x" * 101}]})),
    (f"{IN_ROW}.options.0.value", row({**SELECT, "options": [{**OPTION, "value": ""}]})),
    (f"{IN_ROW}.options.0.description", row({**SELECT, "options": [{**OPTION, "description": "x" * 101}]})),
    # The newer layouts.
    ("content", {**layout(TEXT), "content": "x"}),
    ("embeds", {**layout(TEXT), "embeds": [{"title": "x"}]}),
    ("components", layout(*[TEXT] * 41)),
    ("components", layout(*[{**TEXT, "content": "y" * 2001}] * 2)),
    ("components.0.content", layout({"type": 10})),
    ("components.0.type", layout({"type": 99})),
    ("components.0.components", layout({"type": 17, "components": []})),
    ("components.0.components.0.content", layout({"type": 17, "components": [{"type": 10}]})),
    ("components.0.components", layout({"type": 9, "components": [TEXT] * 4, "accessory": BUTTON})),
    ("components.0.components.0.content", layout({"type": 9, "components": [{"type": 10}], "accessory": BUTTON})),
    ("components.0.accessory", layout({"type": 9, "components": [TEXT]})),
    ("components.0.accessory.0.style", layout({"type": 9, "components": [TEXT], "accessory": {**BUTTON, "style": 9}})),
]


async def test_what_is_too_much_is_refused_field_by_field(client: Listener, talk: Channel, ann: Person) -> None:
    """Every limit has its place in the tree of errors, and nothing is written."""
    path = f"/channels/{talk.id}/messages"
    for where, body in TOO_MUCH:
        with refused(50035, where, status=400):
            await client.ask("POST", path, body)
    empty: dict[str, Any]
    for empty in ({}, {"content": "  \n "}, {"embeds": [{}]}):
        with refused(50006):
            await client.ask("POST", path, empty)
    assert ann.sees(talk) == []


async def test_as_much_as_may_be_is_written(client: Listener, room: discord.TextChannel) -> None:
    """The last that is allowed is allowed."""
    embed = discord.Embed(title="t" * 256, description="d" * 4096)
    embed.set_footer(text="f" * (6000 - 256 - 4096))
    sent = await room.send("x" * 2000, embed=embed)
    assert (len(sent.content), len(sent.embeds[0])) == (2000, 6000)
    wide = {"flags": 1 << 15, "components": [{"type": 10, "content": "y" * 100}] * 40}
    told = await client.ask("POST", f"/channels/{room.id}/messages", wide)
    assert [one["id"] for one in told["components"]] == [*range(1, 41)]
    with refused(50035, "content"):
        await client.ask("PATCH", f"/channels/{room.id}/messages/{told['id']}", {"content": "the flag stays"})
    with refused(50035, "content"):
        await client.ask("PATCH", f"/channels/{room.id}/messages/{sent.id}", layout(TEXT))
    emptied = {"content": None, "embeds": None, **layout(TEXT)}
    await client.ask("PATCH", f"/channels/{room.id}/messages/{sent.id}", emptied)
