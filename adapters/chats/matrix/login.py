"""`threadline matrix login`: a login by hand, so that no password has to stand anywhere."""

from __future__ import annotations

from adapters.chats.matrix.client import path
from adapters.chats.matrix.encryption.crypto import Crypto, published, spelled
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings, checked
from bot.ports import Context


def needs(settings: Settings) -> tuple[str, ...]:
    """What a login by hand has to know; a token is a login already, and so is a registration."""
    return () if settings.token or settings.appservice else ("password",)


async def log_in(settings: Settings, context: Context) -> str:
    """Log in by password, on the device that we had before, and keep what that brings; what to say.

    Where the settings have a token or a registration, that is the login, and it is only tried.
    """
    session = Session(checked(settings), context)
    crypto = Crypto(session, context)
    try:
        if settings.token or settings.appservice:
            await session.call("GET", path("account", "whoami"))
            given = "registration" if settings.appservice else "token of the settings"
            said = f"The {given} is that of {session.user}, device {session.device}. Nothing else is needed."
        else:
            await session.anew()
            await crypto.begin()
            said = (
                f"Logged in as {session.user}, device {session.device}. "
                "This is kept; the password is not needed any more."
            )
        key = await published(session)
    finally:
        await crypto.close()
        await session.close()
    return f"{said} Whoever verifies this device: {spelled(key)}." if key else said
