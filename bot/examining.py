"""A closer look at a chat, whatever it comes to: at the start of the program, and when its admins ask."""

from __future__ import annotations

import asyncio

from bot.errors import AdapterError
from bot.model import ChannelRef
from bot.ports import Chat, Examines, ExaminesChannels, Observation
from bot.redaction import redacted
from bot.secret import known

REACH = 25.0
"""Seconds that one look may take: the longest request (20) and some more."""


async def examined(chat: Examines) -> tuple[Observation, ...]:
    """What a chat sees; where it cannot look, that in its place. Raises nothing."""
    try:
        async with asyncio.timeout(REACH):
            return await chat.examine()
    except (TimeoutError, AdapterError) as error:
        text = f"could not be looked at more closely: {str(error) or 'no answer in time'}"
        return (Observation("note", text),)
    except Exception as error:
        return (Observation("bad", fault(error)),)


def fault(error: Exception) -> str:
    """What is said of an adapter that raised what it may not."""
    # Without its text, which may hold a secret: nobody but the adapter knows what it is made of.
    return f"a fault in the adapter ({type(error).__name__}); tell who wrote it"


async def lacking(chat: Chat, channel: ChannelRef) -> tuple[str, ...]:
    """What stands in the way of mirroring into a channel, as far as a chat can tell. Raises nothing."""
    if not isinstance(chat, ExaminesChannels):
        return ()
    try:
        async with asyncio.timeout(REACH):
            return tuple(redacted(text, known) for text in await chat.lacking(channel))
    except (TimeoutError, AdapterError):
        return ()  # what is asked of it next says more
    except Exception as error:
        return (fault(error),)
