"""Settings of a bot, its markers, its webhooks' names, and what Discord's errors mean."""

from pathlib import Path
from typing import Any

import pytest

from adapters.chats.discord import adapter
from adapters.chats.discord.hooks import fit
from adapters.chats.discord.markers import address, key_of, nonce, ours
from adapters.chats.discord.refusals import refusal
from bot import errors
from bot.errors import SettingsError
from bot.model import ChatName
from bot.ports import Secret
from bot.testing.context import context


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"budget": 60}, "budget: 60 is none of 1 to 50"),
        ({"budget": 0}, "budget"),
        ({"images": 5}, "images: 5 is none of 0 to 4"),
        ({"shards": 0}, "shards: 0 is none of 1 to 1000; leave it out"),
        ({"token": Secret("two words")}, "token"),
    ],
)
async def test_a_wrong_setting_is_told_with_what_would_be_right(wrong: dict[str, Any], told: str, tmp_path: Path):
    """Before anything is connected."""
    given = context(tmp_path)
    with pytest.raises(SettingsError, match=told):
        adapter.open(ChatName("discord"), adapter.settings(**wrong), given)
    await given.net.close()


async def test_without_a_token_it_is_said_where_one_is_had(tmp_path: Path):
    """And nothing is asked of Discord."""
    given = context(tmp_path)
    chat = adapter.open(ChatName("discord"), adapter.settings(), given)
    with pytest.raises(errors.LoginRejected, match="developer portal"):
        await chat.probe()
    await chat.close()
    await given.net.close()


@pytest.mark.parametrize("key", ["abcdefghijklmnopqrstuvwx", "k-1", "a b#/ü", ""])
def test_a_message_carries_its_key(key: str):
    """In the address of its embed."""
    assert key_of({"embeds": [{"url": address("1", "2", key)}]}) == key


@pytest.mark.parametrize(
    "message", [{}, {"embeds": []}, {"embeds": [{}]}, {"embeds": [{"url": "https://x.example/#k"}]}]
)
def test_other_messages_carry_none(message: dict[str, Any]):
    """Somebody may have put an address with "#" into an embed."""
    assert key_of(message) == ""


def test_a_nonce_is_enforced_and_never_too_long():
    """Discord refuses one of more than 25 characters."""
    assert nonce("k" * 25) == {"nonce": "k" * 25, "enforce_nonce": True}
    assert nonce("k" * 26) == nonce("") == {}


def test_ours_is_what_the_bot_or_its_webhooks_said():
    """Not what other bots' webhooks said, nor what Discord says by itself."""
    bot: dict[str, Any] = {"type": 0, "author": {"id": "7"}}
    hook: dict[str, Any] = {"type": 0, "author": {"id": "8"}, "webhook_id": "8", "application_id": "9"}
    assert ours(bot, "7", "")
    assert ours(hook, "7", "9")
    assert not ours(bot | {"type": 21}, "7", "9")
    assert not ours(hook, "7", "")
    assert not ours(hook | {"application_id": "10"}, "7", "9")
    assert not ours({"type": 0, "author": {"id": "10"}}, "7", "9")


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("Ann", "Ann"),
        ("here", "here·"),
        ("DISCORD fan", "DI·SCORD fan"),
        ("", "Threadline"),
        ("\u202e\u200b", "Threadline"),
    ],
)
def test_authors_names_are_made_fit_for_webhooks(name: str, fitting: str):
    """Discord refuses some, and with them the whole message."""
    assert fit(name) == fitting
    assert len(fit("discord" * 30)) <= 80


def said(code: int, message: str = "words", **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, **more}


@pytest.mark.parametrize(
    ("status", "body", "write", "means"),
    [
        (502, {}, True, errors.OutcomeUnknown),
        (502, {}, False, errors.Unreachable),
        (403, {}, True, errors.Unreachable),
        (401, said(0), True, errors.LoginRejected),
        (403, said(50001), True, errors.NotAllowed),
        (403, said(50013), True, errors.NotAllowed),
        (403, said(50005), True, errors.Refused),
        (400, said(50008), True, errors.NotAllowed),
        (400, said(160005), True, errors.NotAllowed),
        (400, said(160006), True, errors.NotAllowed),
        (400, said(30007), True, errors.NotAllowed),
        (400, said(40067), True, errors.NotAllowed),
        (404, said(10008), True, errors.Gone),
        (404, said(10003), True, errors.Gone),
        (400, said(200000), True, errors.Refused),
        (413, said(40005), True, errors.Refused),
        (302, said(0), False, errors.Unparsable),
    ],
)
def test_every_refusal_is_classed_by_what_is_to_be_done(
    status: int, body: dict[str, Any], write: bool, means: type[Exception]
):
    """And says what happened, in Discord's own words or better ones."""
    error = refusal(status, body, write, token=True)
    assert isinstance(error, means)
    assert str(error).endswith(".")


def test_a_mistake_in_a_form_is_told_by_its_field():
    """For whoever reads why a post was refused."""
    wrong = {"embeds": {"0": {"description": {"_errors": [{"code": "X", "message": "Must be 4096 or fewer."}]}}}}
    error = refusal(400, said(50035, "Invalid Form Body", errors=wrong), True, token=True)
    assert "embeds.0.description: Must be 4096 or fewer." in str(error)


def test_a_webhook_whose_token_is_refused_costs_no_login():
    """Only our own token is the login."""
    assert not isinstance(refusal(401, said(50027), True, token=False), errors.LoginRejected)
