"""A thread as it would be mirrored, without keeping anything; saved pages from the command line."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from bot.acts import Answered
from bot.clock import SystemClock
from bot.errors import NotFound, ThreadlineError
from bot.log import configure
from bot.model import (
    BoardKey,
    Bookmark,
    Card,
    ForumName,
    ParentState,
    Post,
    PostState,
    TargetKind,
    ThreadKey,
    ThreadPage,
)
from bot.net import Net
from bot.ports import Context, Forum, ForumAdapter
from bot.registry import Registry
from bot.rendering import card, label, row, sketch
from bot.settings import Settings

LARGEST_PAGE = 8 * 1024 * 1024
"""Bytes of a saved page that are read."""


def is_saved(address: str) -> bool:
    """Whether an address is the path of a saved page."""
    return "://" not in address and Path(address).is_file()


def read_saved(
    file: Path, address: str, registry: Registry, settings: Settings
) -> tuple[ForumAdapter, ForumName, str, ThreadPage]:
    """The thread on a saved page: its adapter, the forum's name and settings, the page."""
    if file.stat().st_size > LARGEST_PAGE:
        raise ThreadlineError(f"{file} is larger than {LARGEST_PAGE // 1024 // 1024} MiB; save the thread's page alone")
    bytes_ = file.read_bytes()
    adapter, match = registry.recognise(address, bytes_)
    configured = next((f for f in settings.forums.values() if f.adapter == adapter.name), None)
    values = configured.values if configured is not None else msgspec.convert(match.settings, adapter.settings)
    kept = msgspec.json.encode(match.settings).decode()
    return adapter, match.forum, kept, adapter.saved(bytes_, address, values)


def saved_request(file: Path, address: str, into: str, registry: Registry, settings: Settings) -> dict[str, Any]:
    """What the app is asked when a saved page is to be mirrored: the page itself travels, not its path."""
    adapter, forum, kept, page = read_saved(file, address, registry, settings)
    match = {"forum": forum, "adapter": adapter.name, "settings": kept}
    request: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode({"page": page, "match": match, "into": into, "group": "", "words": []})
    )
    return request


async def preview(address: str, as_: str, link: str, registry: Registry, settings: Settings) -> str:
    """The thread exactly as it would be mirrored, in plain text or as a chat would show it."""
    if as_ != "plain" and as_ not in registry.installed("chat"):
        known = ", ".join(["plain", *registry.installed("chat")])
        raise NotFound(f"`{as_}` cannot be previewed; choose one of {known}")
    if is_saved(address):
        page = read_saved(Path(address), link, registry, settings)[3]
    else:
        page = await read_live(address, registry, settings)
    shown = [sketch(c) if as_ == "plain" else through(registry, as_, c) for c in cards(page)]
    return "\n\n".join(shown)


async def read_live(address: str, registry: Registry, settings: Settings) -> ThreadPage:
    """The whole thread that an address names; of a board its newest one."""
    adapter, match = registry.recognise(address)
    configured = settings.forums.get(match.forum) or next(
        (f for f in settings.forums.values() if f.adapter == adapter.name), None
    )
    values = configured.values if configured is not None else msgspec.convert(match.settings, adapter.settings)
    net = Net(contact=settings.net.contact, allow=settings.net.allow)
    with tempfile.TemporaryDirectory() as folder:
        context = Context(
            name=match.forum,
            net=net,
            now=SystemClock().now,
            work=asyncio.to_thread,
            log=configure("warning"),
            folder=Path(folder),
        )
        forum = adapter.open(match.forum, values, context)
        try:
            target = await forum.locate(address)
            key = target.key
            if target.kind is TargetKind.BOARD:
                listing = await forum.listing(BoardKey(key), Bookmark())
                if listing is None or not listing.threads:
                    raise NotFound(f"{target.title} has no threads that could be shown")
                key = listing.threads[0].key
            return await whole(forum, ThreadKey(key))
        finally:
            await forum.close()
            await net.close()


async def whole(forum: Forum, key: ThreadKey) -> ThreadPage:
    """All pages of a thread as one."""
    page = await forum.thread(key, Bookmark())
    if page is None:
        raise NotFound(f"the forum gives nothing for thread {key}")
    posts = list(page.posts)
    while page.more:
        following = await forum.thread(key, page.bookmark)
        if following is None:
            break
        page = following
        posts += page.posts
    return msgspec.structs.replace(page, posts=tuple(posts))


def cards(page: ThreadPage) -> list[Card]:
    """The cards of a page's posts, each answering what it would answer in a mirror."""
    known = {post.key: post for post in page.posts}
    opening = next((post for post in page.posts if post.op), None)
    return [
        card(row(post, page.thread), answered(post, known, opening), in_thread=True)
        for post in page.posts
        if post.state is not PostState.QUEUED
    ]


def answered(post: Post, known: dict[Any, Post], opening: Post | None) -> Answered:
    """What a post answers, in words: nothing stands anywhere yet."""
    if post.parent.state is ParentState.UNKNOWN and post.parent.guess in known:
        guess = known[post.parent.guess]
        return Answered(
            exact=False, shown=False, guess=True, number=label(guess.op, guess.number), author=guess.author.name
        )
    parent = known.get(post.parent.key) if post.parent.state is ParentState.KNOWN else None
    if parent is None or parent is opening:
        return Answered()
    return Answered(exact=False, number=label(parent.op, parent.number), author=parent.author.name)


def through(registry: Registry, name: str, shown: Card) -> str:
    """A card as a chat's adapter shows it."""
    adapter = registry.chat(name)
    return "\n".join(adapter.sketch(payload) for payload in adapter.render(shown))
