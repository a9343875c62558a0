"""What people write on Discord reads on a forum as they meant it."""

from __future__ import annotations

import pytest

from adapters.chats.discord.words import name, words

US = "1"


def written(content: object, *mentioned: dict[str, object]) -> str:
    return words({"content": content, "mentions": list(mentioned)}, US)


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("<@1> hello", "hello"),
        ("<@!1>, hello <@1>", "hello @somebody"),
        ("hello <@2>", "hello @Ann\\_B"),
        ("see <#3>, <@&4>", "see #channel, @role"),
        ("good <:thumb:5> <a:wave:6>", "good :thumb: :wave:"),
        ("use </mirror add:7>", "use /mirror add"),
        ("-# small", "small"),
        ("> theirs\nmine", "> theirs\n\nmine"),
        ("> theirs\n> more\nmine", "> theirs\n> more\n\nmine"),
        (">>> all\nof it", "> all\n> of it"),
        ("`<@2>` and\n```\n<@2>\n> a\nb\n```", "`<@2>` and\n```\n<@2>\n> a\nb\n```"),
        (None, ""),
        (["no text"], ""),
    ],
)
def test_what_only_discord_understands_is_put_in_words(content: object, read: str) -> None:
    """A forum shows the numbers of people and signs as they stand; code is left alone."""
    assert written(content, {"id": "2", "global_name": "Ann_B", "username": "ann"}) == read


def test_people_are_called_as_their_guild_calls_them() -> None:
    """Then as they call themselves; an account's name is the last resort."""
    user = {"username": "ann", "global_name": "Ann"}
    assert name(user, {"nick": "Annie"}) == "Annie"
    assert name(user, {"nick": None}) == "Ann"
    assert name({"username": "ann", "global_name": None}) == "ann"
    assert name({"username": "\u200b"}) == "somebody"
