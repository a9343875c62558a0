"""The house's commands as Discord shows them, and what is chosen there as the house's words."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chats.discord.permissions import MANAGE_CHANNELS
from adapters.chats.discord.tree import REPLY, chosen, digest, tree
from bot.commands import CATALOGUE, parse, worded
from bot.model import Command, Parameter
from tests.discord.commands import Commands
from tests.discord.snowflakes import Clock
from tests.discord.world import World

COMMANDS = [worded(command) for command, _ in CATALOGUE.values()]


def one(name: str) -> dict[str, Any]:
    return next(dict(command) for command in tree(COMMANDS) if command["name"] == name)


def options(given: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "type": 3, "value": value} for name, value in given.items()]


def chose(group: str, name: str, **given: str) -> tuple[str, tuple[str, ...]]:
    spelled = {key.replace("_", "-"): value for key, value in given.items()}
    data = {"name": group, "options": [{"name": name, "type": 1, "options": options(spelled)}]}
    return chosen(data, COMMANDS)


def test_discord_takes_all_our_commands() -> None:
    """One that it refuses would take all others with it."""
    registered = Commands(World(Clock())).put("", [dict(command) for command in tree(COMMANDS)])
    assert [(command["type"], command["name"]) for command in registered] == [(1, "mirror"), (1, "forum"), (3, REPLY)]


def test_every_command_is_there_with_its_help() -> None:
    """What is not offered cannot be given."""
    for command in COMMANDS:
        subs = {sub["name"]: sub for sub in one(command.group)["options"]}
        assert subs[command.name]["description"] == command.help
        assert {option["name"] for option in subs[command.name]["options"]} == {p.name for p in command.parameters}


def test_admins_commands_are_offered_to_whoever_manages_channels() -> None:
    """A server can let others use them, in its settings; nothing is offered where no server is."""
    assert one("mirror")["default_member_permissions"] == str(MANAGE_CHANNELS)
    assert "default_member_permissions" not in one("forum")
    assert [command["contexts"] for command in tree(COMMANDS)] == [[0], [0], [0]]


def test_what_has_to_be_given_stands_first_and_choices_are_offered() -> None:
    """Discord wants it so."""
    command = Command("forum", "x", "help", (Parameter("a", "help", required=False), Parameter("b", "help")))
    [group, _] = tree([command])
    assert [option["name"] for option in group["options"][0]["options"]] == ["b", "a"]  # type: ignore[index]
    subs = {sub["name"]: sub for sub in one("mirror")["options"]}
    layout = next(option for option in subs["add"]["options"] if option["name"] == "layout")
    assert [choice["value"] for choice in layout["choices"]] == ["threads", "cards", "stream"]
    assert "autocomplete" not in layout
    assert [option.get("autocomplete") for option in subs["retry"]["options"]] == [True]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.group} {command.name}")
def test_what_is_chosen_is_what_would_be_typed(command: Command) -> None:
    """So that a command means the same in every chat."""
    values = {p.name: p.choices[0] if p.choices else f"some {p.name}" for p in command.parameters}
    group, words = chose(command.group, command.name, **values)
    parsed = parse(group, words)
    assert (worded(parsed.command), parsed.values) == (command, values)


def test_an_option_may_look_like_another() -> None:
    """It is a value, whatever it begins with."""
    group, words = chose("mirror", "filter", mirror="3", words="--into")
    assert parse(group, words).values == {"mirror": "3", "words": "--into"}


def test_a_text_stays_as_it_was_written() -> None:
    """Spaces, and what looks like an option, are part of what somebody posts."""
    text = "He said  --no  to it"
    group, words = chose("forum", "post", board="b", title="A title", text=text, tags="red")
    assert parse(group, words).values == {"board": "b", "title": "A title", "text": text, "tags": "red"}


def test_what_is_left_empty_is_not_given() -> None:
    """Where an option is optional, nothing is not the empty word."""
    assert chose("mirror", "filter", mirror=" 3 ", words="  ") == ("mirror", ("filter", "3"))


def test_a_command_of_yesterday_is_passed_on_as_it_is() -> None:
    """Clients show an old list for a while; the house says what there is instead."""
    assert chose("mirror", "pause", mirror="3") == ("mirror", ("pause", "3"))
    assert chosen({"name": "mirror"}, COMMANDS) == ("mirror", ())


def test_a_tree_is_told_from_another_by_its_digest() -> None:
    """It is registered when it changed, and for each application."""
    assert digest("1", tree(COMMANDS)) == digest("1", tree(COMMANDS))
    assert len({digest("1", tree(COMMANDS)), digest("2", tree(COMMANDS)), digest("1", tree(COMMANDS[1:]))}) == 3
