"""Pure: how a message carries the key under which it was sent, so that it is found by it.

Discord tells a nonce once and never again. So the key stands behind "#" in the embed's own address, which leads to the
channel and which nobody sees, since the embed has no title of its own. Embeds that share it show their images together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from adapters.chats.discord.names import link_to
from bot.model import Payload

NONCE = 25
"""Characters of a nonce; the outbox's keys have 24."""

SAID = (0, 19)
"""The kinds of messages that somebody said: plain ones and answers; all others are Discord's own."""


def address(guild: str, channel: str, key: str) -> str:
    """The embed's address that holds a key."""
    return f"{link_to(guild, channel)}#{quote(key[:500], safe='')}"


def key_of(message: Mapping[str, Any]) -> str:
    """The key that a message carries; empty where it has none."""
    embeds = message.get("embeds")
    first = embeds[0] if isinstance(embeds, list) and embeds else {}
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(url, str) or not url.startswith("https://discord.com/channels/"):
        return ""
    return unquote(url.partition("#")[2])


def nonce(key: str) -> Payload:
    """What makes Discord show a message once, however often it comes under this key."""
    return {"nonce": key, "enforce_nonce": True} if 0 < len(key) <= NONCE else {}


def ours(message: Mapping[str, Any], me: str, application: str) -> bool:
    """Whether a message is the bot's, or that of a webhook of its application."""
    if message.get("type") not in SAID:
        return False
    if message.get("webhook_id"):
        return bool(application) and message.get("application_id") == application
    author = message.get("author")
    return isinstance(author, dict) and author.get("id") == me
