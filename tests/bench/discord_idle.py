"""discord.py's client by itself, which listens to as much as the program does and remembers as little as it can.

`python -m tests.bench.discord_idle API SOCKET TOKEN GUILDS` says "up" when it was told of so many servers.
"""

from __future__ import annotations

import asyncio
import sys

import discord
import yarl

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def client() -> discord.Client:
    """The client."""
    intents = discord.Intents.none()
    intents.guilds = intents.guild_messages = intents.guild_reactions = intents.dm_messages = True
    return discord.Client(
        intents=intents,
        max_messages=None,
        member_cache_flags=discord.MemberCacheFlags.none(),
        chunk_guilds_at_startup=False,
        guild_ready_timeout=0.01,
    )


async def listen(token: str, guilds: int) -> None:
    """Listen until the process is ended."""
    alone = client()
    listening = asyncio.create_task(alone.start(token))
    while sum(not guild.unavailable for guild in alone.guilds) < guilds:
        await asyncio.wait([listening], timeout=0.05)
        if listening.done():
            return listening.result()
    print("up", flush=True)
    await listening


if __name__ == "__main__":
    api, socket, token, guilds = sys.argv[1:]
    discord.http.Route.BASE = api
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(socket)
    asyncio.run(listen(token, int(guilds)))
