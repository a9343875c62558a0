"""The tickets of what waits for the moderators of a Discourse."""

from __future__ import annotations

from urllib.parse import quote

from adapters.forums.discourse.client import Client, Key
from adapters.forums.discourse.rows import PendingPage, PendingRow
from adapters.items import each
from bot.errors import Gone
from bot.model import Millis


def ticket(id: int) -> str:
    """The ticket of what waits under an id; no post has a key like it."""
    return f"q{id}"


def id_of(ticket: str) -> str:
    """The id in a ticket; empty where it is none of ours."""
    id = ticket[1:]
    return id if ticket[:1] == "q" and id.isascii() and id.isdigit() and len(id) <= 18 else ""


async def pending(client: Client, key: Key, username: str) -> list[PendingRow]:
    """What waits of an account; nothing on versions that do not tell it."""
    path = f"/posts/{quote(username, safe='')}/pending.json"
    try:
        page = await client.read(path, PendingPage, "the posts that wait", key)
    except Gone:
        return []
    return each(page.pending_posts, PendingRow, lambda one: one)[0]


def text_of(row: PendingRow) -> str:
    """The words of a post that waits, as they were typed."""
    return row.raw_text or row.raw or ""


def since_of(row: PendingRow, unknown: Millis) -> Millis:
    """When it was written; `unknown` where that is not told."""
    return unknown if row.created_at is None else int(row.created_at.timestamp() * 1000)
