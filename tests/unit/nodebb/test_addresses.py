"""Addresses are read and written by one module; keys are opaque, and safe in paths."""

from __future__ import annotations

import pytest

from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.addresses import Place
from adapters.forums.nodebb.settings import Settings, checked
from bot.errors import SettingsError
from bot.model import BoardKey, PostKey, ThreadKey
from bot.ports import Secret

ROOT = "https://talk.example/forum"
UUID = "3f2b8c1e-0000-4000-8000-1234567890ab"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", Place(BoardKey("recent"))),
        ("/", Place(BoardKey("recent"))),
        ("/recent", Place(BoardKey("recent"))),
        ("/categories", Place(BoardKey("recent"))),
        ("/category/5/kitchen", Place(BoardKey("c/5"))),
        ("/category/5", Place(BoardKey("c/5"))),
        ("/category/5.rss", Place(BoardKey("c/5"))),
        ("/category/news@elsewhere.example", Place(BoardKey("c/news@elsewhere.example"))),
        ("/topic/7/bread", Place(thread=ThreadKey("7"))),
        ("/topic/7", Place(thread=ThreadKey("7"))),
        ("/api/topic/7/bread?page=2", Place(thread=ThreadKey("7"))),
        ("/topic/7/bread/12", Place(thread=ThreadKey("7"), index=12)),
        ("/topic/7/bread/unread", Place(thread=ThreadKey("7"))),
        ("/topic/7.rss", Place(thread=ThreadKey("7"))),
        (f"/topic/{UUID}/from-elsewhere", Place(thread=ThreadKey(UUID))),
        ("/post/42", Place(post=PostKey("42"))),
        ("/post/42?topic=7", Place(thread=ThreadKey("7"), post=PostKey("42"))),
        ("/post/https%3A%2F%2Felsewhere.example%2F1", Place(post=PostKey("https://elsewhere.example/1"))),
    ],
)
def test_an_address_names_a_place(path: str, place: Place) -> None:
    assert addresses.read(f"{ROOT}{path}", ROOT) == place


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://talk.example/topic/7",
        "https://elsewhere.example/forum/topic/7",
        "http://[",
        "https://talk.example:8443/forum/topic/7",
        "ftp://talk.example/forum/topic/7",
        f"{ROOT}/topic/0",
        f"{ROOT}/topic/x",
        f"{ROOT}/topic/7/a/b/c",
        f"{ROOT}/user/ann",
        f"{ROOT}/post/..",
        f"{ROOT}/post/%00",
        f"{ROOT}/category/%2e%2e",
        "x" * 5000,
    ],
)
def test_other_addresses_name_nothing(address: str) -> None:
    assert addresses.read(address, ROOT) is None


def test_a_link_leads_where_it_was_read() -> None:
    for post in ("42", "https://elsewhere.example/notes/1?x=a/b&c#d", "a b".replace(" ", "+")):
        place = addresses.read(addresses.post_link(ROOT, "7", post), ROOT)
        assert place == Place(thread=ThreadKey("7"), post=PostKey(post))
    assert addresses.read(addresses.thread_link(ROOT, "7", "7/brötchen"), ROOT) == Place(thread=ThreadKey("7"))
    for board in ("c/5", "c/https://elsewhere.example/c/news", "recent"):
        assert addresses.read(addresses.board_link(ROOT, board), ROOT) == Place(BoardKey(board))


def test_a_foreign_slug_leads_nowhere_else() -> None:
    """It comes from the forum, and becomes part of a link."""
    assert addresses.thread_link(ROOT, "7", "8/another") == f"{ROOT}/topic/7"
    assert addresses.thread_link(ROOT, "7", "7/../../x") == f"{ROOT}/topic/7"


def test_every_mistake_in_the_settings_has_its_line() -> None:
    with pytest.raises(SettingsError) as caught:
        checked(Settings(address="x", token=Secret("no\nkey"), uid=-1, min_interval=0.1, spacing=float("nan")))
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "address",
        "token",
        "uid",
        "min_interval",
        "spacing",
    ]
    assert checked(Settings(address="https://example.org/forum/")).root == "https://example.org/forum"
