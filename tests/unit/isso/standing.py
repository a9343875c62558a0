"""A small stand-in for Isso, for what the real one does not do: very many comments, and answers that are wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from adapters.forums.isso import adapter
from adapters.forums.isso.forum import Isso
from adapters.forums.isso.settings import Settings
from bot.model import ForumName
from bot.testing.context import context
from bot.testing.server import LoopbackSite

NOW = 1_795_500_000_000
BEGAN = 1_795_400_000.25
PAGE = "/t1/"

CONFIG = {
    "reply-to-self": True,
    "require-email": False,
    "require-author": False,
    "reply-notifications": False,
    "gravatar": False,
    "feed": True,
}


def comment(id: int, text: str = "", parent: int | None = None, **other: Any) -> dict[str, Any]:
    """A comment as Isso tells it, with its words as they were written."""
    told: dict[str, Any] = {
        "id": id,
        "parent": parent,
        "created": BEGAN + id,
        "modified": None,
        "mode": 1,
        "text": text or f"Comment {id}",
        "author": f"author {id % 7}",
        "website": None,
        "likes": 0,
        "dislikes": 0,
        "notification": None,
        "hash": "4505c1eeda98",
    }
    return told | other


class Standing:
    """Comments on one page, told as Isso does."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.site = LoopbackSite([web.route("*", "/{path:.*}", self._answer)])
        self.asked: list[str] = []
        self.said: dict[str, web.Response | bytes] = {}
        """What is answered to a path instead."""
        self.calls: dict[str, Callable[[web.Request], Awaitable[bytes]]] = {}
        """What answers for a path instead."""
        self.ask: Callable[[dict[str, str]], dict[str, Any]] = self._tree

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        call = self.calls.get(request.path)
        said = await call(request) if call is not None else self.said.get(request.path)
        if isinstance(said, bytes):
            return web.Response(body=said, content_type="application/json")
        if said is not None:
            return web.Response(status=said.status, body=said.body, headers=said.headers)
        match request.path:
            case "/":
                return _json(self.ask(dict(request.query)))
            case "/info":
                told = {"version": "0.14.0", "host": "", "origin": self.site.address, "moderation": False}
                return _json(told)
            case "/t1/":
                return web.Response(text="<title>Seeds</title>", content_type="text/html")
        return web.Response(status=404)

    def _tree(self, asked: dict[str, str]) -> dict[str, Any]:
        found = self.comments if asked.get("uri") == PAGE else []
        found = [one for one in found if one["created"] > float(asked.get("after", 0))]
        limit, nested = int(asked.get("limit", 10**9)), int(asked.get("nested_limit", 10**9))
        offset, root = int(asked.get("offset", 0)), int(asked["parent"]) if "parent" in asked else None
        below: dict[int | None, list[dict[str, Any]]] = {}
        for one in found:
            below.setdefault(one["parent"], []).append(one)
        here = below.get(root, [])[offset : offset + limit]
        replies = []
        for one in here:
            if root is not None:
                replies.append(one)
                continue
            answers = below.get(one["id"], [])
            told = answers[:nested]
            replies.append(
                one | {"total_replies": len(answers), "hidden_replies": len(answers) - len(told), "replies": told}
            )
        return {
            "id": root,
            "total_replies": len(found) if root is None else len(below.get(root, [])),
            "hidden_replies": len(below.get(root, [])) - len(here) - offset,
            "replies": replies,
            "config": CONFIG,
        }


def _json(told: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(told), content_type="application/json")


@asynccontextmanager
async def standing(folder: Path, **settings: Any) -> AsyncIterator[tuple[Standing, Isso]]:
    """The stand-in, and the adapter on it."""
    isso = Standing()
    async with isso.site:
        ours = context(folder, "isso", now=lambda: NOW)
        forum = adapter.open(ForumName("isso"), Settings(address=isso.site.address, **settings), ours)
        assert isinstance(forum, Isso)
        try:
            yield isso, forum
        finally:
            await ours.net.close()
