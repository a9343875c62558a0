"""Every wrong setting is named with what to write instead."""

from typing import Any

import pytest

from adapters.chats.matrix.settings import Settings, checked
from bot.errors import SettingsError
from bot.ports import Secret

GOOD: dict[str, Any] = {"homeserver": "https://matrix.example.org/", "token": Secret("a-token")}


def test_an_address_is_taken_in_its_plain_form():
    """Paths are added to it."""
    assert checked(Settings(**GOOD)).homeserver == "https://matrix.example.org"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"homeserver": ""}, "homeserver"),
        ({"homeserver": "example.org"}, "homeserver"),
        ({"homeserver": "https://ada:secret@example.org"}, "homeserver"),
        ({"homeserver": "https://[::1"}, "homeserver"),
        ({"token": Secret("")}, "user"),
        ({"prefix": " "}, "prefix"),
        ({"invite": ("ada",)}, "invite"),
        ({"bots": ("irc",)}, "bots"),
        ({"bots": ("@*:*",)}, "bots"),
        ({"bots": ("@a*b*c*d*e*:example.org",)}, "bots"),
        ({"images": 11}, "images"),
    ],
)
def test_a_wrong_setting_is_named(wrong, named):
    """All at once, a line each."""
    with pytest.raises(SettingsError, match=f"^{named}: "):
        checked(Settings(**(GOOD | wrong)))
