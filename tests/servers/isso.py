"""What people do on a site whose comments Isso keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp

PASSWORD = "moderators-only"


@dataclass(frozen=True)
class Comment:
    """A comment that somebody wrote, with the cookie that lets them change it."""

    id: int
    cookie: str
    created: float
    parent: int | None


class Isso:
    """Isso at an address; where no page is named, comments are on one and the same."""

    page = "/t1/"

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.address = address
        self._session = session

    @staticmethod
    def settings(port: int, site: str = "http://127.0.0.1:1", *, moderated: bool = False) -> str:
        """Its settings file, for the pages of a site; nothing runs where they would be, unless one is given."""
        return (
            f"[general]\ndbpath = comments.db\nhost = {site}/\nmax-age = 15m\nlatest-enabled = true\n"
            f"[admin]\nenabled = true\npassword = {PASSWORD}\n"
            f"[moderation]\nenabled = {str(moderated).lower()}\n"
            f"[server]\nlisten = http://127.0.0.1:{port}\n"
            "[guard]\nratelimit = 1000\ndirect-reply = 100\nreply-to-self = true\n"
            f"[rss]\nbase = {site}\n"
        )

    @property
    def feed(self) -> str:
        """The address of the comments' feed."""
        return f"{self.address}/feed?uri={quote(self.page, safe='')}"

    async def say(self, author: str, text: str, answers: Comment | None = None, page: str = "") -> Comment:
        """Somebody comments, or answers a comment."""
        return await self.answer(author, text, answers.id if answers else None, page)

    async def answer(self, author: str, text: str, parent: int | None, page: str = "") -> Comment:
        """Somebody answers the comment with an id, or the page."""
        said = {"title": "A page", "text": text, "author": author, "parent": parent}
        async with self._session.post(f"{self.address}/new", params={"uri": page or self.page}, json=said) as answer:
            assert answer.status in (201, 202), await answer.text()
            told = await answer.json()
            return Comment(told["id"], answer.cookies[str(told["id"])].value, told["created"], told["parent"])

    async def edit(self, comment: Comment, text: str, author: str = "Ann") -> None:
        """Its author gives a comment another text."""
        await self._change("PUT", comment, json={"text": text, "author": author, "website": None})

    async def delete(self, comment: Comment) -> None:
        """Its author takes a comment away."""
        await self._change("DELETE", comment)

    async def moderate(self, id: int, action: str, text: str = "") -> None:
        """The site's owner lets a comment through (`activate`), takes it away (`delete`), or gives it another text
        (`edit`)."""
        async with self._session.post(
            f"{self.address}/login/", data={"password": PASSWORD}, allow_redirects=False
        ) as answer:
            login = answer.cookies["admin-session"].value
        headers = {"Cookie": f"admin-session={login}"}
        said = {"text": text} if text else None
        for mode in (2, 1):
            async with self._session.get(f"{self.address}/admin/?mode={mode}", headers=headers) as answer:
                found = re.search(rf"delete_com\({id}, '([^']+)'", await answer.text())
            if found:
                async with self._session.post(f"{self.address}/id/{id}/{action}/{found[1]}", json=said) as answer:
                    assert answer.status == 200, await answer.text()
                return
        raise AssertionError(f"comment {id} is not among those that can be moderated")

    async def _change(self, method: str, comment: Comment, **said: object) -> None:
        headers = {"Cookie": f"{comment.id}={comment.cookie}"}
        url = f"{self.address}/id/{comment.id}"
        async with self._session.request(method, url, headers=headers, **said) as answer:  # type: ignore[arg-type]
            assert answer.status == 200, await answer.text()
