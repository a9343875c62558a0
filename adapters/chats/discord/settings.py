"""What can be set for a login at Discord."""

from __future__ import annotations

from typing import Literal

import msgspec

from adapters.chats.discord.shards import MOST as MOST_SHARDS
from bot.errors import SettingsError
from bot.ports import Secret

MOST_IMAGES = 4
"""Of one message: so many Discord shows side by side; further ones stay links."""

MOST_REQUESTS = 50.0
"""Requests a second that Discord takes of one bot."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one bot."""

    token: Secret = Secret("")
    """The bot's token, from the page "Bot" of the developer portal."""
    identity: Literal["bot", "webhook"] = "bot"
    """Who speaks: the bot, with the author named in each message, or a webhook under each author's own name."""
    message_content: bool = False
    """Whether the "Message Content Intent" is switched on in the developer portal."""
    budget: float = 45.0
    """Requests a second, of all that this bot makes; Discord allows 50."""
    images: int = MOST_IMAGES
    """Images of one message that are uploaded; further ones stay links."""
    shards: int | None = None
    """Lines among which the servers are shared out, 2,500 on each at most; None for as many as Discord recommends."""


def checked(settings: Settings) -> Settings:
    """The settings; SettingsError with a line for every one that is wrong."""
    wrong = []
    token = settings.token.reveal()
    if token and (not token.isascii() or not token.isprintable() or " " in token):
        wrong.append("token: it holds signs that no token has; copy it from the page “Bot” of the developer portal")
    if not 1 <= settings.budget <= MOST_REQUESTS:
        wrong.append(f"budget: {settings.budget:g} is none of 1 to {MOST_REQUESTS:g} requests a second")
    if not 0 <= settings.images <= MOST_IMAGES:
        wrong.append(f"images: {settings.images} is none of 0 to {MOST_IMAGES}")
    if settings.shards is not None and not 1 <= settings.shards <= MOST_SHARDS:
        wrong.append(f"shards: {settings.shards} is none of 1 to {MOST_SHARDS}; leave it out for as many as are needed")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings
