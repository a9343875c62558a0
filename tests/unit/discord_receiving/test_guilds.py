"""Where channels and threads stand, and who may do what there."""

from __future__ import annotations

from typing import Any

from adapters.chats.discord import guilds as module
from adapters.chats.discord.guilds import Guilds
from adapters.chats.discord.permissions import MANAGE_CHANNELS, READ_MESSAGE_HISTORY, VIEW_CHANNEL
from bot.model import ChannelRef, ThreadRef, Where

US, OWNER, ANN = "1", "2", "3"
READ = VIEW_CHANNEL | READ_MESSAGE_HISTORY


def guild(**more: Any) -> dict[str, Any]:
    return {
        "id": "100",
        "owner_id": OWNER,
        "joined_at": "2026-01-01T00:00:00+00:00",
        "roles": [
            {"id": "100", "permissions": str(READ)},
            {"id": "110", "permissions": str(MANAGE_CHANNELS)},
        ],
        "channels": [
            {"id": "200", "type": 0},
            {
                "id": "201",
                "type": 0,
                "permission_overwrites": [{"id": "100", "type": 0, "allow": "0", "deny": str(VIEW_CHANNEL)}],
            },
        ],
        "threads": [{"id": "300", "type": 11, "parent_id": "200"}],
        "members": [{"user": {"id": US}, "roles": []}],
        **more,
    }


def known(**more: Any) -> Guilds:
    guilds = Guilds(US)
    guilds.apply("GUILD_CREATE", guild(**more))
    return guilds


def test_a_thread_stands_in_its_channel() -> None:
    """To Discord it is a channel like any other."""
    guilds = known()
    assert guilds.where("200") == Where(ChannelRef("200"))
    assert guilds.where("300") == Where(ChannelRef("200"), ThreadRef("300"))
    assert guilds.where("301") is None
    guilds.apply("THREAD_CREATE", {"id": "301", "guild_id": "100", "type": 11, "parent_id": "200"})
    assert guilds.where("301") == Where(ChannelRef("200"), ThreadRef("301"))
    guilds.apply("THREAD_DELETE", {"id": "301", "guild_id": "100", "parent_id": "200", "type": 11})
    assert guilds.where("301") is None
    listed = [{"id": "302", "type": 11, "parent_id": "200"}]
    guilds.apply("THREAD_LIST_SYNC", {"guild_id": "100", "threads": listed})
    assert guilds.where("302") == Where(ChannelRef("200"), ThreadRef("302"))


def test_who_manages_channels_rules_there_and_in_threads() -> None:
    """By a role, or as the guild's owner; and no longer than the role lets them."""
    guilds = known()
    assert not guilds.rules("200", ANN, ())
    assert guilds.rules("200", ANN, ("110",))
    assert guilds.rules("300", ANN, ("110",))
    assert guilds.rules("200", OWNER, ())
    guilds.apply("GUILD_ROLE_UPDATE", {"guild_id": "100", "role": {"id": "110", "permissions": "0"}})
    assert not guilds.rules("200", ANN, ("110",))
    assert not guilds.rules("999", OWNER, ()), "nobody rules where nothing is known"


def test_hidden_channels_are_not_read() -> None:
    """Each refusal counts: ten thousand of them shut us out."""
    guilds = known()
    assert guilds.read_by_us("200")
    assert guilds.read_by_us("300")
    assert not guilds.read_by_us("201")
    guilds.apply("GUILD_ROLE_CREATE", {"guild_id": "100", "role": {"id": "120", "permissions": str(1 << 3)}})
    guilds.apply("GUILD_MEMBER_UPDATE", {"guild_id": "100", "user": {"id": US}, "roles": ["120"]})
    assert guilds.read_by_us("201")


def test_of_a_guild_that_we_leave_nothing_is_kept() -> None:
    """There may be a thousand."""
    guilds = known()
    guilds.apply("GUILD_DELETE", {"id": "100"})
    assert guilds.where("200") is None
    assert guilds.where("300") is None
    assert guilds.entered("100") == ""


def test_a_guild_that_is_out_of_order_stays_as_it_was() -> None:
    """It comes back as it went."""
    guilds = known()
    guilds.apply("GUILD_CREATE", {"id": "100", "unavailable": True})
    assert guilds.where("200") is not None
    assert guilds.rules("200", OWNER, ())


def test_of_threads_the_newest_are_remembered(monkeypatch: Any) -> None:
    """A board that is mirrored for years has more of them than fit."""
    monkeypatch.setattr(module, "MOST_THREADS", 2)
    guilds = known()
    for thread in ("301", "302"):
        guilds.apply("THREAD_CREATE", {"id": thread, "guild_id": "100", "type": 11, "parent_id": "200"})
    assert guilds.where("300") is None
    assert guilds.where("302") is not None
