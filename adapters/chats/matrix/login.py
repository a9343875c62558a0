"""`threadline matrix login`: a login by hand, so that no password has to stand anywhere."""

from __future__ import annotations

from adapters.chats.matrix.client import path
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings, checked
from bot.ports import Context


def needs(settings: Settings) -> tuple[str, ...]:
    """What a login by hand has to know; a token is a login already."""
    return () if settings.token else ("password",)


async def log_in(settings: Settings, context: Context) -> str:
    """Log in by password, on the device that we had before, and keep what that brings; what to say.

    Where the settings have a token, that is the login, and it is only tried.
    """
    session = Session(checked(settings), context)
    try:
        if settings.token:
            await session.call("GET", path("account", "whoami"))
            return (
                f"The token of the settings is that of {session.user}, device {session.device}. Nothing else is needed."
            )
        await session.anew()
    finally:
        await session.close()
    return f"Logged in as {session.user}, device {session.device}. This is kept; the password is not needed any more."
