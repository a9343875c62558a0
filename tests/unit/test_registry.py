"""Which adapters there are, where some of them cannot be used."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import pytest

from bot.errors import NotFound, SettingsError
from bot.registry import Registry

BROKEN = EntryPoint("broken", "nowhere.at.all:adapter", "threadline.forums")


@pytest.fixture
def registry() -> Registry:
    """The feed adapter and one whose package is gone."""
    return Registry([BROKEN, *entry_points(group="threadline.forums", name="feed")])


def test_an_adapter_that_cannot_be_imported_keeps_nobody_from_the_others(registry: Registry) -> None:
    """A package that somebody removed would stop every `mirror` otherwise."""
    adapter, _ = registry.recognise("https://news.example/feed.xml")
    assert adapter.name == "feed"


def test_an_address_that_nobody_takes_says_which_adapter_was_not_asked(registry: Registry) -> None:
    """It may be the one that was meant."""
    with pytest.raises(NotFound, match=r"installed: feed; broken, so not asked \(see `check`\): broken"):
        registry.recognise("ftp://news.example")


def test_a_broken_adapter_that_is_asked_for_says_what_is_missing(registry: Registry) -> None:
    """The settings name it, so it is needed."""
    with pytest.raises(SettingsError, match="nowhere"):
        registry.forum("broken")
