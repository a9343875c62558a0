"""What people write on Discord reads on a forum as they meant it."""

from __future__ import annotations

import pytest

from adapters.chats.discord.words import name, words

US = "1"


class Known:
    """Knows one channel, and one role in it."""

    def channel_name(self, id: str) -> str:
        return "ge_neral" if id == "30" else ""

    def role_name(self, channel: str, id: str) -> str:
        return "Help[ers]" if (channel, id) == ("3", "40") else ""


def written(content: object, *mentioned: dict[str, object], **more: object) -> str:
    return words({"content": content, "mentions": list(mentioned), "channel_id": "3", **more}, US, Known())


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("<@1> hello", "hello"),
        ("<@!1>, hello <@1>", "hello [@somebody](https://discord.com/users/1)"),
        ("hello <@2>", "hello [@Ann\\_B](https://discord.com/users/2)"),
        ("see <#3>, <@&4>", "see #channel, @role"),
        ("see <#30>, <@&40>", "see #ge\\_neral, @Help\\[ers\\]"),
        ("at <t:1700000000>", "at 14 Nov 2023 22:13 UTC"),
        ("at <t:1700000000:R> or <t:1700000000:F>", "at 14 Nov 2023 22:13 UTC or 14 Nov 2023 22:13 UTC"),
        ("<t:1700000000:D>, <t:1700000000:t>", "14 Nov 2023, 22:13 UTC"),
        ("<t:9999999999999> <t:-99999999999>", "31 Dec 9999 23:59 UTC 1 Jan 1 00:00 UTC"),
        ("read <id:guide>", "read #guide"),
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


# ------------------------------------------------------------------------------------------ what is no words of its own


def test_a_sticker_is_told_by_its_name() -> None:
    """It would be nothing on the forum, and whoever sent it would wait for an answer."""
    assert written("", sticker_items=[{"id": "5", "name": "Wave *", "format_type": 1}]) == "(sticker: Wave \\*)"
    assert written("hi", sticker_items=[{"id": "5", "name": "Wave"}, {"id": "6"}]) == "hi\n\n(sticker: Wave)"


def test_a_poll_is_told_with_its_answers() -> None:
    """Nobody can vote on the forum, but everybody can read what is asked."""
    answers = [
        {"answer_id": 1, "poll_media": {"text": "Yes", "emoji": {"name": "👍"}}},
        {"answer_id": 2, "poll_media": {"text": "[no]", "emoji": {"id": "7", "name": "nope"}}},
        {"answer_id": 3},
    ]
    told = written("", poll={"question": {"text": "More salt?"}, "answers": answers})
    assert told == "(poll) More salt?\n- 👍 Yes\n- :nope: \\[no\\]"
    assert written("", poll={"question": {}, "answers": answers}) == ""


def test_what_is_forwarded_is_quoted() -> None:
    """Its words are somebody else's; who that is, Discord does not say."""
    forwarded = {
        "content": "Boil <@2>\n\nfirst",
        "mentions": [{"id": "2", "username": "ann"}],
        "attachments": [{"filename": "pot.png"}],
    }
    told = written("look", message_snapshots=[{"message": forwarded}])
    link = "[@ann](https://discord.com/users/2)"
    assert told == f"look\n\n> Boil {link}\n> \n> first\n> \n> (pot.png)"
    assert written("", message_snapshots=[{"message": {}}, None]) == ""
