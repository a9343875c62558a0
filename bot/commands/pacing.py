"""How long it takes until much is posted, at the pace that a chat allows."""

from __future__ import annotations

from bot.errors import AdapterError
from bot.ports import Chat, Pace, Paces
from bot.texts import say

LEAST = 1.0
"""Minutes below which nobody needs to be told."""

LONG = 120
"""Minutes from which on hours are named."""


async def slowed(name: str, chat: Chat, messages: int) -> str:
    """How long so many messages take in a chat, as the rest of a sentence; empty where they stand there soon."""
    if not messages or not isinstance(chat, Paces):
        return ""
    try:
        pace = await chat.pace()
    except AdapterError:
        return ""
    return at_pace(name, pace, messages) if pace is not None else ""


def at_pace(name: str, pace: Pace, messages: int) -> str:
    """How long so many messages take at a pace, as the rest of a sentence; empty where they stand there soon."""
    minutes = messages / pace.per_minute
    if minutes < LEAST:
        return ""
    length = say("words.minutes", round(minutes)) if minutes < LONG else say("words.hours", round(minutes / 60))
    rate = f"{pace.per_minute:g}"
    if pace.told:
        text = say("pacing.told", rate=rate, chat=name, length=length)
    else:
        text = say("pacing.usual", rate=rate, chat=name, length=length)
    return f"{text} ({pace.lifted})" if pace.lifted else text
