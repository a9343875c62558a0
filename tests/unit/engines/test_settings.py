"""What is wrong with the settings of a site is said in the same words for every engine, with what to write instead."""

from __future__ import annotations

import re

import msgspec
import pytest

from adapters.engines.settings import Rules, no_site, no_zone, odd_signs, refused, too_small, zone
from bot.errors import SettingsError
from bot.ports import Secret


class Some(msgspec.Struct, frozen=True):
    """Settings as engines have them."""

    key: Secret = Secret("")
    least: float = 15.0
    most: float | None = None


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (Some(), []),
        (Some(least=0.5), ["least"]),
        (Some(least=float("nan")), ["least"]),
        (Some(least=float("inf")), ["least"]),
        (Some(most=1.0), ["most"]),
        (Some(most=2.0), []),
    ],
)
def test_a_number_is_one_and_not_too_small(settings: Some, fields: list[str]) -> None:
    """What is not set is what the engine's own default is."""
    wrong = too_small(settings, least=1.0, most=2.0)
    assert [line.partition(":")[0] for line in wrong] == fields
    assert all("write a number from" in line for line in wrong)


def test_a_secret_is_never_said() -> None:
    """What holds a line break was copied with too much, and could end a header."""
    wrong = odd_signs("key", Secret("over\nthe"), re.compile("[!-~]+"))
    assert [line.partition(":")[0] for line in wrong] == ["key"]
    assert "over" not in wrong[0]
    assert odd_signs("key", Secret(""), re.compile("[!-~]+")) == []
    assert odd_signs("key", Secret("river"), re.compile("[!-~]+")) == []


def test_an_address_is_one_of_a_site() -> None:
    """What is written for one is said by example."""
    assert no_site("https://talk.example/forum/") == []
    assert no_site("talk.example") == ["address: 'talk.example' is no site, write one like 'https://talk.example'"]
    [line] = no_site("", like="https://forum.example/phpbb", kind="board")
    assert line == "address: '' is no board, write one like 'https://forum.example/phpbb'"


@pytest.mark.parametrize("name", ["Europe/Berlni", "America", "../etc/passwd", "", "x" * 5000])
def test_a_time_zone_is_one_that_is_known(name: str) -> None:
    """With the name that is nearest."""
    assert zone(name) is None
    assert no_zone(name, "Europe/Berlin").startswith(f"timezone: {name!r} is no time zone")
    assert ("did you mean 'Europe/Berlin'?" in no_zone(name, "Asia/Tokyo")) is (name == "Europe/Berlni")
    assert str(zone("Europe/Berlin")) == "Europe/Berlin"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Nobody wants to start the program three times."""
    refused([])
    with pytest.raises(SettingsError, match=r"^a: one\nb: two$"):
        refused(["a: one", "b: two"])


def test_a_host_is_that_of_the_root() -> None:
    assert Rules("https://talk.example:8443/forum").host == "talk.example:8443"
