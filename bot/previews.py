"""A thread as it would be mirrored, without keeping anything; saved pages from the command line."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bot.commands.desk import Desk
from bot.commands.finding import NAMED, located
from bot.errors import NotFound, ThreadlineError, Unparsable
from bot.jobs import Answered
from bot.model import (
    BoardKey,
    Bookmark,
    Card,
    ForumName,
    Listing,
    ParentState,
    Post,
    PostKey,
    PostState,
    TargetKind,
    ThreadKey,
    ThreadPage,
)
from bot.ports import Forum, ForumAdapter, Outlines
from bot.reading import drawing
from bot.reading.outline import Row, outline
from bot.registry import Registry
from bot.rendering import card, label, row, sketch
from bot.settings import Settings
from bot.store.readers import STARS

OUTLINE = "--outline"
"""The look of a thread that is its outline; no chat can be called so."""

LARGEST_PAGE = 8 * 1024 * 1024
"""Bytes of a saved page that are read."""


def saved_file(address: str, registry: Registry, settings: Settings) -> Path | None:
    """The saved page that an address of the command line names; None where it names something of a forum.

    Raises `ThreadlineError` for a directory, `NotFound` for what is neither a file nor known to an adapter.
    """
    if os.path.isdir(address):
        raise ThreadlineError(f"{address} is a directory; name the file of a saved page")
    if os.path.exists(address):
        return Path(address)
    if settings.forum_at(address) is None and registry.surest(address) is None and "://" not in address:
        raise NotFound(f"there is no file {address[:200]}; for an address, {registry.unknown(address)}")
    return None


def read_saved(
    file: Path, address: str, registry: Registry, settings: Settings
) -> tuple[ForumAdapter, ForumName, str, ThreadPage]:
    """The thread on a saved page: its adapter, the forum's name and settings, the page."""
    bytes_ = _bytes(file)
    try:
        adapter, match = registry.recognise(address, bytes_)
        same = [name for name, known in settings.forums.items() if known.adapter == adapter.name]
        forum = next((name for name in (settings.forum_at(address), match.forum) if name in same), (*same, "")[0])
        values = settings.forums[forum].values if forum else msgspec.convert(match.settings, adapter.settings)
        page = adapter.saved(bytes_, address, values)
    except NotFound as error:
        why = str(error) if address else f"{error}; if it is a thread of theirs, name its own address with --address"
        raise NotFound(f"{file}: {why}") from None
    except Unparsable as error:
        raise Unparsable(f"{file}: {error}", error.looked_for, error.sample) from error
    return adapter, ForumName(forum) if forum else match.forum, msgspec.json.encode(match.settings).decode(), page


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            found = source.read(LARGEST_PAGE + 1)
    except OSError as error:
        raise ThreadlineError(f"{file} cannot be read ({error.strerror}); change its mode or owner") from error
    if len(found) > LARGEST_PAGE:
        raise ThreadlineError(f"{file} is larger than {LARGEST_PAGE // 1024 // 1024} MiB; save the thread's page alone")
    if found.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as some editors save a text
        return found.decode("utf-16", "replace").encode()
    return found


def saved_request(
    file: Path, address: str, values: Mapping[str, str], registry: Registry, settings: Settings
) -> dict[str, Any]:
    """What the app is asked when a saved page is to be mirrored: the page itself travels, not its path."""
    adapter, forum, kept, page = read_saved(file, address, registry, settings)
    match = {"forum": forum, "adapter": adapter.name, "settings": kept}
    asked = {"page": page, "match": match, "values": values}
    request: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(asked))
    return request


def outline_request(
    file: Path, address: str, values: Mapping[str, str], registry: Registry, settings: Settings
) -> dict[str, Any]:
    """What the app is asked when everything is to be mirrored that a saved file names; empty where it is no such file.

    Raises `ThreadlineError` where the file names too much, `Unparsable` where it is neither a list nor a saved page.
    """
    bytes_ = _bytes(file)
    try:
        adapter, _ = registry.recognise(address, bytes_)
    except NotFound:
        return {}
    if not isinstance(adapter, Outlines):
        return {}
    try:
        named = adapter.outline(bytes_)
    except Unparsable as no_list:
        try:
            read_saved(file, address, registry, settings)
        except Unparsable as no_page:
            why = f"{file}: {no_list}; as a saved page: {str(no_page).removeprefix(f'{file}: ')}"
            raise Unparsable(why, no_page.looked_for, no_page.sample) from no_list
        return {}
    if len(named) > NAMED:
        raise ThreadlineError(f"{file} names {len(named)} addresses, and {NAMED} can be mirrored at once; split it")
    return {"outline": list(named), "values": dict(values)} if named else {}


def check_look(as_: str, registry: Registry) -> None:
    """Raises `NotFound` where a thread cannot be shown so."""
    known = ["plain", *registry.installed("chat")]
    if as_ not in (*known, OUTLINE):
        raise NotFound(f"`{as_}` cannot be previewed; choose one of {', '.join(known)}")


def text(page: ThreadPage, as_: str, registry: Registry) -> str:
    """A thread exactly as it would be mirrored, in plain text or as a chat would show it; or its outline."""
    check_look(as_, registry)
    if not page.posts:
        return f"{page.thread.title or 'The thread'}: no posts stand on this page."
    if as_ == OUTLINE:
        return outlined(page)
    return "\n\n".join(sketch(c) if as_ == "plain" else through(registry, as_, c) for c in cards(page))


def outlined(page: ThreadPage) -> str:
    """A thread as a tree of one line for each post, ★ at the newest; nobody reads it, so nothing is new."""
    here = [post for post in page.posts if not post.event and post.state is not PostState.QUEUED]
    ids = {post.key: id for id, post in enumerate(here)}
    rows = [_outline_row(id, post, ids) for id, post in enumerate(here)]
    live = [row for row in rows if row.live]
    newest = sorted(live, key=lambda row: (row.created.latest if row.created else 0, row.position, row.n))[-STARS:]
    lines = outline(rows, starred={row.post for row in newest}, deepest=drawing.DEEPEST)
    words = {row.post: drawing.worded(row, post.body, page.thread.title) for row, post in zip(rows, here, strict=True)}
    return "\n".join(drawing.draw(lines, words))


def _outline_row(id: int, post: Post, ids: Mapping[PostKey, int]) -> Row:
    said = ids.get(post.parent.key) if post.parent.state is ParentState.KNOWN else None
    likely = ids.get(post.parent.guess) if post.parent.state is ParentState.UNKNOWN else None
    return Row(
        id,
        post.position,
        id,
        likely if said is None else said,
        guessed=said is None and likely is not None,
        op=post.op,
        live=post.state is PostState.LIVE,
        author=post.author.name,
        title=post.title,
        number=post.number,
        created=post.created,
    )


async def live(desk: Desk, address: str, look: Callable[[int, int], None] = lambda done, total: None) -> ThreadPage:
    """A thread, or the newest one of a board, read from its forum; `look` is told how many posts of how many are read.

    Raises `NotFound` where there is nothing to show, and what a forum raises.
    """
    opened, address = await desk.sought(address)
    async with opened.gate.poll():
        forum = opened.forum
        target = await located(forum, address)
        key = target.key
        if target.kind is TargetKind.BOARD:
            listing = await forum.listing(BoardKey(key), Bookmark())
            if listing is None or not (listing.threads or listing.pages):
                raise NotFound(f"{target.title} has no threads that could be shown")
            return await _newest(forum, listing, look)
        return await whole(forum, ThreadKey(key), look)


async def _newest(forum: Forum, listing: Listing, look: Callable[[int, int], None]) -> ThreadPage:
    """The first thread of a list: what the list itself shows of it, and the rest where that can be read."""
    shown = listing.pages[0] if listing.pages else ThreadPage(listing.threads[0], ())
    if all(thread.key != shown.thread.key for thread in listing.threads):
        return shown
    page = await whole(forum, shown.thread.key, look)
    read = {post.key for post in page.posts}
    return msgspec.structs.replace(page, posts=(*(post for post in shown.posts if post.key not in read), *page.posts))


async def whole(forum: Forum, key: ThreadKey, look: Callable[[int, int], None]) -> ThreadPage:
    """All pages of a thread as one."""
    page = await forum.thread(key, Bookmark())
    if page is None:
        raise NotFound(f"the forum gives nothing for thread {key}")
    posts = list(page.posts)
    while page.more:
        look(len(posts), 0 if page.thread.replies is None else page.thread.replies + 1)
        following = await forum.thread(key, page.bookmark)
        if following is None:
            break
        page = following
        posts += page.posts
    return msgspec.structs.replace(page, posts=tuple(posts))


def cards(page: ThreadPage) -> list[Card]:
    """The cards of a page's posts, each answering what it would answer in a mirror."""
    return [shown for _, shown in carded(page)]


def carded(page: ThreadPage) -> list[tuple[Post, Card]]:
    """The same, each with its post."""
    known = {post.key: post for post in page.posts}
    opening = next((post for post in page.posts if post.op), None)
    return [
        (post, card(row(post, page.thread), answered(post, known, opening), in_thread=True))
        for post in page.posts
        if post.state is not PostState.QUEUED
    ]


def answered(post: Post, known: dict[Any, Post], opening: Post | None) -> Answered:
    """What a post answers, in words: nothing stands anywhere yet."""
    if post.event:
        return Answered()
    if post.parent.state is ParentState.UNKNOWN and post.parent.guess in known:
        guess = known[post.parent.guess]
        return Answered(
            exact=False, shown=False, guess=True, number=label(guess.op, guess.number), author=guess.author.name
        )
    parent = known.get(post.parent.key) if post.parent.state is ParentState.KNOWN else None
    if parent is None or parent is opening or parent.event:
        return Answered()
    return Answered(exact=False, number=label(parent.op, parent.number), author=parent.author.name)


def through(registry: Registry, name: str, shown: Card) -> str:
    """A card as a chat's adapter shows it."""
    adapter = registry.chat(name)
    return "\n".join(adapter.sketch(payload) for payload in adapter.render(shown))
