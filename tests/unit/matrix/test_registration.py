"""What a homeserver has to know of an application service: made once, for its owner's eyes, and found again."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.names import GHOSTS, LONGEST, PERSON, ghost_of
from adapters.chats.matrix.service.registration import FILE, register, registered
from adapters.chats.matrix.settings import Settings, checked
from bot.errors import SettingsError
from bot.model import ChatName
from bot.ports import Context
from bot.testing.context import context

GOOD: dict[str, Any] = {"homeserver": "https://matrix.example.org", "user": "@threadline:example.org"}


def settings(**more: Any) -> Settings:
    return Settings(**(GOOD | {"appservice": True} | more))


@pytest.fixture
async def its(tmp_path: Path) -> Any:
    made = context(tmp_path, "matrix")
    yield made
    await made.net.close()


def written(its: Context) -> dict[str, Any]:
    return dict(json.loads((its.folder / FILE).read_text("utf-8")))


async def test_a_registration_is_for_its_owners_eyes_and_its_tokens_are_not_said(its):
    """Whoever has them speaks as everybody."""
    said = await register(settings(), its)
    file = its.folder / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(its.folder.stat().st_mode) == 0o700
    made = written(its)
    assert len({made["as_token"], made["hs_token"]}) == 2
    assert not [token for token in (made["as_token"], made["hs_token"]) if len(token) < 40 or token in said]
    assert (str(file) in said, "app_service_config_files" in said) == (True, True)


async def test_made_again_it_is_the_same(its):
    """The homeserver has it by now."""
    await register(settings(), its)
    before = (its.folder / FILE).read_bytes()
    said = await register(Settings(**GOOD), its)
    assert (its.folder / FILE).read_bytes() == before
    assert "as it was" in said


async def test_other_settings_are_written_with_the_same_tokens(its):
    """A homeserver that has not read it yet goes on knowing us."""
    await register(settings(), its)
    before = written(its)
    await register(settings(ghosts="books_"), its)
    after = written(its)
    assert after["namespaces"]["users"][0] == {"regex": r"@books_.*:example\.org", "exclusive": True}
    assert (after["as_token"], after["hs_token"]) == (before["as_token"], before["hs_token"])
    with pytest.raises(SettingsError, match="registration"):
        registered(settings(), its.folder)


async def test_a_homeserver_sends_us_something_only_where_that_is_wanted(its, tmp_path):
    """It would send what is said in every room whose alias is ours: then we have none, and make no rooms."""
    await register(settings(), its)
    made = written(its)
    assert (made["url"], made["rate_limited"]) == (None, False)
    assert made["namespaces"]["aliases"] == [{"regex": r"#.*:example\.org", "exclusive": False}]
    with pytest.raises(SettingsError, match="public"):
        await register(settings(pushed=True), its)
    known = context(tmp_path, "matrix", public="https://bot.example.org")
    await register(settings(pushed=True), known)
    made = written(its)
    assert (made["url"], made["namespaces"]["aliases"]) == ("https://bot.example.org/matrix-matrix", [])
    assert registered(settings(pushed=True), its.folder).url == made["url"]
    await known.net.close()


async def test_a_login_without_its_registration_says_what_makes_it(its):
    """It is not opened, and the others are."""
    with pytest.raises(SettingsError, match="threadline matrix registration"):
        adapter.open(ChatName("matrix"), settings(), its)


async def test_a_file_that_is_none_of_ours_is_left_alone(its):
    """The homeserver may know it."""
    its.folder.mkdir()
    (its.folder / FILE).write_text("id: threadline\n", "utf-8")
    with pytest.raises(SettingsError, match=FILE):
        registered(settings(), its.folder)
    with pytest.raises(SettingsError, match=FILE):
        await register(settings(), its)
    assert (its.folder / FILE).read_text("utf-8") == "id: threadline\n"


def test_it_is_a_command_of_the_adapter():
    """`threadline matrix registration`."""
    assert "registration" in {one.name for one in adapter.subcommands}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"user": ""}, "user"),
        ({"user": "threadline"}, "user"),
        ({"ghosts": ""}, "ghosts"),
        ({"ghosts": "A b"}, "ghosts"),
    ],
)
def test_wrong_settings_of_a_service_are_named(wrong, named):
    """They stand in the names of accounts."""
    with pytest.raises(SettingsError, match=f"^{named}: "):
        checked(settings(**wrong))


@pytest.mark.parametrize(
    "author", ["du#12345", "du/Zoë Zoë", "", "💥" * 400, "a/" + "b" * 999, "\ud800", "UPPER lower"]
)
def test_the_name_of_a_ghost_is_one_that_a_homeserver_takes(author):
    """Whatever the author is called."""
    user = ghost_of(author, "forum_", "example.org")
    assert PERSON.fullmatch(user)
    assert GHOSTS.pattern.startswith("[a-z0-9._=/+-]")
    assert set(user[1:].partition(":")[0]) <= set("abcdefghijklmnopqrstuvwxyz0123456789._=/+-")
    assert len(user) <= LONGEST


def test_two_authors_are_never_one_ghost_and_one_is_never_two():
    """What people can read of the name is not all of it."""
    alike = ["du/Zoe", "du/zoe", "du#zoe", "du Zoe", "du-zoe", "dv/Zoe"]
    ghosts = [ghost_of(author, "forum_", "example.org") for author in alike]
    assert len({*ghosts}) == len(alike)
    assert ghosts == [ghost_of(author, "forum_", "example.org") for author in alike]
