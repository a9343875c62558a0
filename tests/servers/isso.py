"""What people do on a site whose comments Isso keeps."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import aiohttp


@dataclass(frozen=True)
class Comment:
    """A comment that somebody wrote, with the cookie that lets them change it."""

    id: int
    cookie: str


class Isso:
    """Isso at an address; every comment is on one page."""

    page = "/t1/"

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.address = address
        self._session = session

    @staticmethod
    def settings(port: int) -> str:
        """Its settings file. Nothing runs where the pages would be."""
        return (
            "[general]\ndbpath = comments.db\nhost = http://127.0.0.1:1/\nmax-age = 15m\n"
            f"[server]\nlisten = http://127.0.0.1:{port}\n"
            "[guard]\nratelimit = 1000\ndirect-reply = 100\nreply-to-self = true\n"
            "[rss]\nbase = http://127.0.0.1:1\n"
        )

    @property
    def feed(self) -> str:
        """The address of the comments' feed."""
        return f"{self.address}/feed?uri={quote(self.page, safe='')}"

    async def say(self, author: str, text: str, answers: Comment | None = None) -> Comment:
        """Somebody comments, or answers a comment."""
        said = {"title": "A page", "text": text, "author": author, "parent": answers.id if answers else None}
        async with self._session.post(f"{self.address}/new", params={"uri": self.page}, json=said) as answer:
            assert answer.status == 201, await answer.text()
            id_ = (await answer.json())["id"]
            return Comment(id_, answer.cookies[str(id_)].value)

    async def edit(self, comment: Comment, text: str) -> None:
        """Its author gives a comment another text."""
        await self._change("PUT", comment, json={"text": text, "author": "Ann", "website": None})

    async def delete(self, comment: Comment) -> None:
        """Its author takes a comment away."""
        await self._change("DELETE", comment)

    async def _change(self, method: str, comment: Comment, **said: object) -> None:
        headers = {"Cookie": f"{comment.id}={comment.cookie}"}
        url = f"{self.address}/id/{comment.id}"
        async with self._session.request(method, url, headers=headers, **said) as answer:  # type: ignore[arg-type]
            assert answer.status == 200, await answer.text()
