"""Democratic Underground obeys the contract of a forum that is read: over pages as the site draws them, on loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pytest
from aiohttp import web

from adapters.forums.democratic_underground import adapter
from adapters.forums.democratic_underground.settings import Settings
from bot.model import BoardKey, ForumName, PostKey, ThreadKey
from bot.ports import Forum
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract
from bot.testing.forum_site import SiteRig
from bot.testing.server import LoopbackSite

BOARD = "1033"


@dataclass
class Page:
    """A thread: its title, the authors and texts of its posts, the OP first, and when it was last answered."""

    title: str
    posts: list[tuple[str, str]] = field(default_factory=list)
    outlined: set[int] = field(default_factory=set)
    active: int = 0

    def drawn(self, key: str) -> str:
        """The page of a thread."""
        replies = list(enumerate(self.posts))[1:]
        (author, text), date = self.posts[0], "Fri Oct 30, 2015, 09:05 AM"
        outline = [
            f'<div><a href="/{key}">{escape(self.title)}</a> (Original Post) {author} <span>Oct 2015</span> OP</div>'
        ]
        blocks = []
        for number, (name, said) in replies:
            title = f"Reply {number}"
            outline.append(f'<div><a href="#post{number}">{title}</a> {name} <span>Oct 2015</span> #{number}</div>')
            if number not in self.outlined:
                blocks.append(
                    f"<div><div>{name}</div><p>({number} posts)</p><h3>{number}. {title}</h3><div>{date}</div>"
                    f"<div>Oct 2015</div><div>{escape(said)}</div></div>"
                )
        return (
            f"<!DOCTYPE html><html><head><title>{escape(self.title)} - Democratic Underground</title></head><body>"
            f'<div><a href="/~{author}">{author}</a></div><p>(1,203 posts)</p><div>{date} <span>Oct 2015</span></div>'
            f"<h1>{escape(self.title)}</h1><div>{escape(text)}</div>"
            f"<div>{len(replies)} replies = new reply since forum marked as read</div>"
            "<div>Highlight: <span>None</span><span>Don't highlight anything</span> <span>5 newest</span></div>"
            + "\n".join(outline)
            + "<div>&nbsp;</div>"
            + "\n".join(blocks)
            + f'<div><a href="/?com=latest_threads">Latest Discussions</a>&raquo;<a href="/?com=forums">Forums</a>'
            f'&raquo;<a href="/?com=forum&amp;id={BOARD}">Elmsbury</a>&raquo;{escape(self.title)}</div></body></html>'
        )


class Rig(SiteRig):
    """The adapter on a site that draws its pages from memory."""

    board = BoardKey(BOARD)
    missing_thread = ThreadKey(f"{BOARD}9999999")
    missing_board = BoardKey("1999")

    def __init__(self, folder: Path) -> None:
        super().__init__(LoopbackSite([web.get("/{path:.*}", self._answer)]), context(folder, "du"))
        self._pages: dict[str, Page] = {}
        self._clock = 0

    async def _answer(self, request: web.Request) -> web.Response:
        if request.query.get("com") == "forum" and request.query.get("id") == BOARD:
            return web.Response(text=self._listing(), content_type="text/html")
        if request.query.get("com") == "forums":
            boards = f'<h2>Region Forums</h2><p><a href="/?com=forum&amp;id={BOARD}">Elmsbury</a></p>'
            return web.Response(text=f"<html><body>{boards}</body></html>", content_type="text/html")
        key = request.match_info["path"]
        if key not in self._pages:
            return web.Response(status=404)
        return web.Response(text=self._pages[key].drawn(key), content_type="text/html")

    def _listing(self) -> str:
        newest = sorted(self._pages.items(), key=lambda one: -one[1].active)
        rows = "".join(
            f'<tr class="bg-lite"><td class="title"><a href="/{key}">{escape(page.title)}</a></td><td class="author">'
            f'{page.posts[0][0]}</td><td>{len(page.posts) - 1}</td><td class="time">Friday</td><td>1</td></tr>'
            for key, page in newest
        )
        head = '<tr class="head"><td class="title">Title</td><td>Replies</td></tr>'
        table = f'<div class="default-table-container"><table>{head}{rows}</table></div>'
        return f"<html><body><h2>Elmsbury</h2>{table}</body></html>"

    def opened(self) -> Forum:
        return adapter.open(ForumName("du"), Settings(address=self.served.address), self.ours)

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        key = ThreadKey(f"{BOARD}{1_000_000 + len(self._pages)}")
        self._pages[key] = Page(title)
        await self.post(key, "", author, text)
        return key

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        page = self._pages[thread]
        self._clock += 1
        page.active = self._clock
        page.posts.append((author, text))
        return PostKey(f"{thread}#{len(page.posts) - 1}")

    async def edit(self, post: PostKey, text: str) -> None:
        thread, _, number = post.partition("#")
        posts = self._pages[thread].posts
        posts[int(number)] = posts[int(number)][0], text

    async def unsee(self, post: PostKey) -> None:
        thread, _, number = post.partition("#")
        self._pages[thread].outlined.add(int(number))


class TestDemocraticUnderground(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path) as rig:
            yield rig
