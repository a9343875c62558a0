"""What people put on their messages: told with them, and fetched when it is wanted.

Addresses of files expire after a day, while a reply may wait for its forum for longer. So a file is named by its
message, which gives an address that holds whenever it is asked; and people are led to the message, not to the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.chats.discord.guilds import listed
from adapters.chats.discord.names import ID, link_to
from adapters.chats.discord.rest import Rest, route
from bot.errors import Gone, Refused, Unparsable
from bot.model import Attached
from bot.net import Net, raise_for_status

FETCHING = 60.0
"""Seconds for a file; the settings bound its size."""


def attached(message: Mapping[str, Any], guild: str) -> tuple[Attached, ...]:
    """The files on a message that stands in a guild, in their order."""
    channel, id = str(message.get("channel_id")), str(message.get("id"))
    link = link_to(guild, channel, id)
    return tuple(
        Attached(
            f"{channel}/{id}/{one['id']}",
            str(one.get("filename") or ""),
            str(one.get("content_type") or "").partition(";")[0].strip().lower(),
            size if isinstance(size := one.get("size"), int) else 0,
            link,
        )
        for one in listed(message.get("attachments"))
        if isinstance(one.get("id"), str)
    )


class Files:
    """Fetches the files on messages, from Discord's own servers alone."""

    def __init__(self, rest: Rest, net: Net) -> None:
        self._rest = rest
        self._net = net

    async def content(self, attached: Attached, most: int) -> bytes:
        """What is in a file; its message is asked for the address that holds now."""
        channel, message, file = _named(attached)
        where = route("GET", "/channels/{channel}/messages/{message}", channel=channel, message=message)
        there = await self._rest.call(where)
        found = next((one for one in listed(there.get("attachments")) if one.get("id") == file), None)
        if found is None:
            raise Gone("The file was taken off its message on Discord.")
        if isinstance(size := found.get("size"), int) and size > most:
            raise _too_large(most)
        address = str(found.get("url"))
        if not self._rest.serves(address):
            raise Refused("Discord names an address for the file that is none of its own.")
        try:
            answer = await self._net.get(address, max_bytes=most, total=FETCHING)
        except Unparsable as error:
            raise _too_large(most) from error
        raise_for_status(answer, "the file on Discord", write=False)
        return answer.body


def _named(attached: Attached) -> tuple[str, str, str]:
    parts = attached.address.split("/")
    if len(parts) != 3 or not all(map(ID.fullmatch, parts)):
        raise Gone(f"“{attached.address[:80]}” is no file of a message on Discord.")
    return parts[0], parts[1], parts[2]


def _too_large(most: int) -> Refused:
    return Refused(f"The file is larger than {most} bytes ([media] file_bytes).")
