"""What is wrong in the settings is said, each in a line."""

import pytest

from adapters.forums.discourse.settings import Settings, checked
from bot.errors import SettingsError
from bot.ports import Secret


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Settings(), "address"),
        (Settings(address="talk.example"), "address"),
        (Settings(address="https://u:p@talk.example"), "address"),
        (Settings("https://talk.example", api_key=Secret("0123456789abcdef")), "username"),
        (Settings("https://talk.example", api_key=Secret("with a space"), username="bot"), "api_key"),
        (Settings("https://talk.example", Secret("0" * 64), "bot", user_api_key=Secret("1" * 32)), "user_api_key"),
        (Settings("https://talk.example", min_interval=0.5), "min_interval"),
        (Settings("https://talk.example", max_interval=5.0), "max_interval"),
        (Settings("https://talk.example", requests=float("nan")), "requests"),
    ],
)
def test_a_wrong_setting_is_named(settings: Settings, field: str) -> None:
    with pytest.raises(SettingsError, match=f"^{field}: "):
        checked(settings)


def test_an_address_may_have_a_folder() -> None:
    assert checked(Settings("https://example.org/forum/")).root == "https://example.org/forum"
