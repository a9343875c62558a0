"""By what Isso is known, where its pages are, and what can be set."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.forums.feed import adapter as feed
from adapters.forums.isso import adapter, addresses
from adapters.forums.isso.addresses import Key, Place, key_of, parts_of
from adapters.forums.isso.settings import Settings, checked
from bot.errors import SettingsError
from bot.ports import Match

OWN = Path(__file__).parents[2] / "data" / "isso"
BASE, SITE = "https://comments.garden.example/isso", "https://garden.example"


def known(address: str, page: bytes | None = None) -> Match:
    found = adapter.recognise(address, page)
    assert found is not None
    return found


def test_the_address_of_a_question_for_comments_is_known() -> None:
    match = known(f"{BASE}/?uri=%2Fseeds%2F")
    assert match.settings == {"address": BASE}
    assert match.forum == "comments.garden.example"
    other = feed.recognise(f"{BASE}/?uri=%2Fseeds%2F", None)
    assert other is None or other.certainty < match.certainty


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "https://",
        "https://blog.example/",
        "https://blog.example/feed?uri=/t/",
        "https://b.example/?uri=t",
        "/?uri=/t/",
    ],
)
def test_other_addresses_are_not_taken(address: str) -> None:
    assert adapter.recognise(address) is None


def test_a_page_that_shows_comments_is_known_with_its_server() -> None:
    match = known("https://garden.example/2026/seeds/", (OWN / "page.html").read_bytes())
    assert match.certainty >= 0.9
    assert match.settings == {"address": BASE}


@pytest.mark.parametrize(
    ("script", "server"),
    [
        ('<script data-isso="/isso/" src="/isso/js/embed.min.js">', "https://garden.example/isso"),
        ("<script async data-isso='https://c.example' src=x.js>", "https://c.example"),
        ("<SCRIPT DATA-ISSO=https://c.example/ SRC=x.js>", "https://c.example"),
        ('<script src="//c.example/js/embed.min.js"></script>', "https://c.example"),
        ('<script data-isso="javascript:x">', ""),
        ('<p data-isso="https://c.example/">', ""),
    ],
)
def test_the_server_is_found_as_browsers_find_it(script: str, server: str) -> None:
    page = f'{script}<section id="isso-thread"></section>'
    match = adapter.recognise("https://garden.example/2026/seeds/", page.encode())
    assert (match.settings["address"] if match else "") == server


def test_a_list_of_pages_that_counts_their_comments_shows_none() -> None:
    """It names the server as well; who gives its address rather wants its feed."""
    page = b'<script data-isso="//c.example/" src="//c.example/js/count.min.js"></script><a href="/t/#isso-thread">'
    assert adapter.recognise("https://garden.example/", page) is None


def test_what_the_server_says_about_itself_names_its_version() -> None:
    told = b'{"version": "0.14.0", "host": "h", "origin": "https://garden.example", "moderation": true}'
    match = known(f"{BASE}/info", told)
    assert "0.14.0" in match.why
    assert match.settings == {"address": BASE}
    assert known(f"{BASE}/?uri=/t/", (OWN / "tree.json").read_bytes()).settings == {"address": BASE}


@pytest.mark.parametrize("page", [b"", b"{}", b'{"version": "1"}', b"<html>", b"[]", b"\xff\xfe", b'{"a":' * 9999])
def test_other_pages_are_not_taken(page: bytes) -> None:
    assert adapter.recognise("https://garden.example/", page) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"{BASE}/?uri=%2Ft%2F", Place("/t/")),
        (f"{BASE}?uri=/t/#isso-12", Place("/t/", 12)),
        (f"{BASE}/feed?uri=/t/", Place("/t/")),
        (f"{BASE}/", Place()),
        (BASE, Place()),
        (f"{SITE}/2026/seeds/?from=feed#isso-3", Place("/2026/seeds/", 3, page=True)),
        ("http://www.garden.example/2026/seeds/", Place("/2026/seeds/", page=True)),
        (f"{SITE}/gr%C3%BCn/", Place("/gr%C3%BCn/", page=True)),
        (f"{SITE}/grün/", Place("/gr%C3%BCn/", page=True)),
        ("https://elsewhere.example/2026/seeds/", None),
        ("https://garden.example:8443/", None),
        ("https://user@garden.example/", None),
        ("ftp://garden.example/", None),
        ("https://garden.example:x/", None),
        ("", None),
    ],
)
def test_an_address_names_what_a_browser_shows_there(address: str, place: Place | None) -> None:
    assert addresses.read(address, BASE, SITE) == place


def test_a_page_that_stands_nowhere_is_linked_to_where_isso_tells_of_it() -> None:
    assert addresses.link(BASE, SITE, "/t/") == f"{SITE}/t/"
    assert addresses.link(BASE, "", "/t/") == f"{BASE}/?uri=/t/"
    assert addresses.link(BASE, SITE, "thread-7") == f"{BASE}/?uri=thread-7"
    assert addresses.link(BASE, SITE, "/t/", astray=True) == f"{BASE}/?uri=/t/"


@pytest.mark.parametrize("key", [Key(1, 1795424444785981), Key(3, 1795424444000000, 1), Key(10**17, 1, 2)])
def test_a_key_holds_what_it_was_made_of(key: Key) -> None:
    assert parts_of(key_of(key)) == key


@pytest.mark.parametrize("key", ["", "page", "1", "1:2.5", "1:nan", "x:1", "1:1:", "1:1:x", "1:1:2:3", "9" * 5000])
def test_other_keys_hold_nothing(key: str) -> None:
    assert parts_of(key) is None


def test_settings_are_taken_as_people_write_them() -> None:
    rules = checked(Settings(address="https://Garden.example/isso/", site="https://garden.example/"))
    assert (rules.base, rules.site) == ("https://garden.example/isso", "https://garden.example")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (Settings(), "address:"),
        (Settings(address="garden.example"), "address:"),
        (Settings(address="https://g.example/?uri=/t/"), "address:"),
        (Settings(address="https://g.example", site="https://g.example/blog"), "site:"),
        (Settings(address="https://g.example", pages=("",)), "pages:"),
        (Settings(address="https://g.example", email="nobody"), "email:"),
        (Settings(address="https://g.example", min_interval=0.0), "min_interval:"),
        (Settings(address="https://g.example", min_interval=float("nan")), "min_interval:"),
    ],
)
def test_every_wrong_setting_is_named(settings: Settings, line: str) -> None:
    with pytest.raises(SettingsError, match=line):
        checked(settings)
