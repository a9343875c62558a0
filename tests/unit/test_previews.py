"""Saved pages of the command line: what a file is taken for, and what is said where it is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import NotFound, Unparsable
from bot.model import Thread, ThreadKey, ThreadPage
from bot.previews import OUTLINE, read_saved, saved_file, text
from bot.registry import Registry
from bot.settings import Settings, load

DATA = Path(__file__).parents[1] / "data" / "democratic_underground"
SIGN = "new reply since forum marked as read"
THREAD = "https://www.democraticunderground.com/10331234567"


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.mark.parametrize(
    "page",
    [
        b"",
        bytes(range(256)) * 20,
        b"<!doctype html><title>Sign in</title><p>Please log in.",
        (DATA / "thread.txt").read_bytes()[:200],
        "Please log in".encode("utf-16"),
    ],
)
def test_a_page_that_is_no_thread_says_what_was_looked_for(registry: Registry, tmp_path: Path, page: bytes) -> None:
    """Else nobody can tell a wrong file from a forum that looks otherwise now."""
    file = tmp_path / "page"
    file.write_bytes(page)
    with pytest.raises((NotFound, Unparsable)) as caught:
        read_saved(file, "", registry, Settings())
    assert str(caught.value).startswith(f"{file}: ")
    assert SIGN in str(caught.value)


@pytest.mark.parametrize("codec", ["utf-16", "utf-8", "utf-8-sig"])
def test_a_page_is_read_whatever_the_editor_saved_it_in(registry: Registry, tmp_path: Path, codec: str) -> None:
    """ "Unicode" is what some editors call UTF-16."""
    file = tmp_path / "page.txt"
    file.write_bytes((DATA / "thread.txt").read_text("utf-8").encode(codec))
    page = read_saved(file, "", registry, Settings())[3]
    assert page.thread.title == "The library on Elm Street reopens"
    assert len(page.posts) == 5


@pytest.mark.parametrize("address", ["nonsense", "https://forum.example/thread/1"])
def test_an_address_that_is_none_of_the_page_s_forum_is_refused(registry: Registry, address: str) -> None:
    """Left out without a word, the thread would have no links and never be found again."""
    with pytest.raises(Unparsable, match="is no address of a thread here: looked for '/10142016684'"):
        read_saved(DATA / "thread.txt", address, registry, Settings())
    assert read_saved(DATA / "thread.txt", THREAD, registry, Settings())[3].thread.link == THREAD


def test_a_saved_page_belongs_to_the_configured_forum(registry: Registry, tmp_path: Path) -> None:
    """With its time zone and its name: the live thread and the saved one are the same."""
    file = tmp_path / "t.toml"
    file.write_text(
        '[forums.du]\nadapter = "democratic_underground"\ntimezone = "Asia/Tokyo"\naddress = "http://127.0.0.1:18090"\n'
    )
    settings = load(file, {}, registry.settings, registry.installed)
    address = "http://127.0.0.1:18090/10331234567"
    adapter, forum, _, page = read_saved(DATA / "thread.txt", address, registry, settings)
    assert (adapter.name, forum, page.thread.key, page.thread.link) == (
        "democratic_underground",
        "du",
        "10331234567",
        address,
    )
    assert saved_file("http://127.0.0.1:18090/?com=forum&id=1002", registry, settings) is None
    assert saved_file("http://127.0.0.1:18091/forum", registry, settings) is None, "its page tells whose it is"


def test_a_thread_without_posts_says_so(registry: Registry) -> None:
    """An empty screen looks like a fault."""
    page = ThreadPage(Thread(ThreadKey("t1"), "A quiet place"), ())
    assert text(page, "plain", registry) == "A quiet place: no posts stand on this page."


SEED = Path(__file__).parents[3] / "shared" / "seed" / "du-thread.txt"


def test_the_outline_of_a_saved_page_stars_the_newest(registry: Registry) -> None:
    """As its forum draws it; nobody reads it, so nothing is new."""
    page = read_saved(DATA / "thread.txt", "", registry, Settings())[3]
    first, *rest = text(page, OUTLINE, registry).splitlines()
    assert first.startswith("★ The library on Elm Street reopens · ")
    assert first.endswith(" · OP")
    assert [line[0] in "├│└ " for line in rest] == [True] * 4
    assert sum("★" in line for line in (first, *rest)) == 5
    assert "•" not in "".join(rest)


def test_the_outline_of_a_thread_of_democratic_underground_looks_right(registry: Registry) -> None:
    if not SEED.exists():
        pytest.skip("the saved thread is not on this machine")
    lines = text(read_saved(SEED, "", registry, Settings())[3], OUTLINE, registry).splitlines()
    assert lines[0].startswith("China moves toward universal self-censorship · pscot · ")
    assert [line.partition(" · ")[0] for line in lines[1:]] == [
        '├ "Free" trade will bring it here, as well',
        "│ └★? Well, not 'required' exactly",
        "│   └★? Yes -- the rats for her, not me!",
        "└★ Contentious reddit thread here...",
        "  └★? I love Reddit comment threads",
        "    └★? Hmmm...",
    ]
