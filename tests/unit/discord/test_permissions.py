"""What the bot may do, by Discord's own rules; and the one list of what it wants."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from adapters.chats.discord import permissions
from adapters.chats.discord.permissions import (
    ADMINISTRATOR,
    EMBED_LINKS,
    EVERYTHING,
    MANAGE_WEBHOOKS,
    PERMISSIONS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    in_channel,
    in_guild,
    missing,
)

GUILD: dict[str, Any] = {"id": "1", "owner_id": "9"}
MEMBER: dict[str, Any] = {"roles": ["2", "3"]}


def role(id: str, may: int) -> dict[str, Any]:
    return {"id": id, "permissions": str(may)}


def overwrite(id: str, *, allow: int = 0, deny: int = 0) -> dict[str, Any]:
    return {"id": id, "allow": str(allow), "deny": str(deny)}


@pytest.mark.parametrize("one", PERMISSIONS, ids=lambda one: one.name)
def test_every_permission_is_the_one_that_discord_means(one: permissions.Permission):
    """By discord.py's own table: a wrong bit would ask for something else."""
    name = {"View Channels": "view_channel", "Bypass Slowmode": "bypass_slowmode"}.get(
        one.name, one.name.lower().replace(" ", "_")
    )
    assert getattr(discord.Permissions(one.bit), name)
    assert one.bit.bit_count() == 1


def test_the_invitation_asks_for_exactly_the_list():
    """With webhooks for that identity alone."""
    for webhook in (False, True):
        query = parse_qs(urlsplit(permissions.invitation("42", webhook)).query)
        asked = int(query["permissions"][0])
        assert query["client_id"] == ["42"]
        assert query["scope"] == ["bot applications.commands"]
        assert asked == sum(one.bit for one in permissions.wanted(webhook))
        assert bool(asked & MANAGE_WEBHOOKS) is webhook
        assert not asked & ADMINISTRATOR


def test_roles_add_up():
    """Everybody's and one's own; others' do not count."""
    roles = [role("1", VIEW_CHANNEL), role("2", SEND_MESSAGES), role("4", EMBED_LINKS)]
    assert in_guild(GUILD, roles, MEMBER, "8") == VIEW_CHANNEL | SEND_MESSAGES
    assert in_guild(GUILD, roles, MEMBER, "9") == EVERYTHING
    assert in_guild(GUILD, [role("2", ADMINISTRATOR)], MEMBER, "8") == EVERYTHING


@pytest.mark.parametrize(
    ("overwrites", "may"),
    [
        ([], VIEW_CHANNEL | SEND_MESSAGES),
        ([overwrite("1", deny=SEND_MESSAGES)], VIEW_CHANNEL),
        ([overwrite("1", deny=SEND_MESSAGES), overwrite("2", allow=SEND_MESSAGES)], VIEW_CHANNEL | SEND_MESSAGES),
        ([overwrite("2", deny=SEND_MESSAGES), overwrite("3", allow=SEND_MESSAGES)], VIEW_CHANNEL | SEND_MESSAGES),
        ([overwrite("3", allow=SEND_MESSAGES), overwrite("8", deny=SEND_MESSAGES)], VIEW_CHANNEL),
        ([overwrite("1", deny=VIEW_CHANNEL)], 0),
        ([overwrite("7", deny=VIEW_CHANNEL)], VIEW_CHANNEL | SEND_MESSAGES),
    ],
)
def test_overwrites_count_in_discords_order(overwrites: list[dict[str, Any]], may: int):
    """Everybody's, then all roles' together, then one's own; a hidden channel allows nothing."""
    channel = {"permission_overwrites": overwrites}
    assert in_channel(VIEW_CHANNEL | SEND_MESSAGES, "1", channel, MEMBER, "8") == may


def test_what_is_missing_is_told_once():
    """Of a channel that is hidden only that; else what is needed before what is not."""
    assert [one.bit for one in missing(0, False)] == [VIEW_CHANNEL]
    assert missing(EVERYTHING, True) == ()
    lacking = missing(VIEW_CHANNEL, False)
    assert [one.optional for one in lacking] == sorted(one.optional for one in lacking)
