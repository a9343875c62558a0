"""`threadline discord invite`: the address at which an admin of a server lets the bot in."""

from __future__ import annotations

from adapters.chats.discord import permissions
from adapters.chats.discord.rest import Rest
from adapters.chats.discord.settings import Settings, checked
from bot.ports import Context


def needs(settings: Settings) -> tuple[str, ...]:
    """What has to be known for it."""
    return ("token",)


async def address(rest: Rest, settings: Settings) -> str:
    """The invitation of the bot whose token we have."""
    return permissions.invitation(await rest.application(), settings.identity == "webhook")


async def invite(settings: Settings, context: Context) -> str:
    """Ask Discord whose token it is; the address, and what it asks for."""
    rest = Rest(checked(settings), context)
    try:
        leads = await address(rest, settings)
        name = str((await rest.account()).get("username"))
    finally:
        await rest.close()
    lines = [
        f"Open this address, choose your server, and let {name} in:",
        "",
        leads,
        "",
        "It asks for:",
    ]
    for one in permissions.wanted(settings.identity == "webhook"):
        lines.append(f"  {one.name}: {one.why}{' (can be left out)' if one.optional else ''}")
    return "\n".join(lines)
