"""The images of posts, from our own address: nobody learns from elsewhere who reads what."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.errors import NotFound
from bot.media.drawn import missing_lines, name_of
from bot.ports import SANDBOXED, Media
from bot.store.browsing import post_shown
from bot.store.sessions import SignedIn
from bot.texts import say
from bot.web.reading.frame import PRIVATE, Frame, numeral
from bot.web.reading.views import pictures_of

KEPT = "private, max-age=86400"
"""For how long a browser keeps an image: an address may give another one later."""

GUARDED = {"Content-Security-Policy": SANDBOXED, "Cross-Origin-Resource-Policy": "same-origin"}
"""What a stranger's file is answered with: it does nothing, and nobody else's page shows it."""


class PicturePages:
    """Images of posts, fetched when they are looked at."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> Sequence[web.RouteDef]:
        """Their addresses."""
        return [web.get("/media/{post}/{file}", self._frame.signed(self._picture))]

    async def _picture(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        id = numeral(request.match_info["post"])
        post = await self._frame.store.read(post_shown, id, who.sight) if id is not None else None
        named = request.match_info["file"]
        wanted = next((one for one in pictures_of(post) if name_of(one.address) == named), None) if post else None
        if post is None or wanted is None:
            raise NotFound(say("web.no_post"))
        found = await self._frame.media.fetch(wanted.address)
        if isinstance(found, Media) and found.kind == "image":
            headers = {"Content-Type": found.mime, "Content-Disposition": f'inline; filename="{found.name}"'}
            return web.FileResponse(found.path, headers=headers | GUARDED | {"Cache-Control": KEPT})
        why, later = (say("web.no_image"), False) if isinstance(found, Media) else (found.why, found.later)
        headers = GUARDED | {"Cache-Control": PRIVATE}
        if wanted.address == post.author.avatar:
            return web.Response(status=404, text=why, headers=headers)
        drawing = self._frame.drawing(missing_lines(wanted.alt, why))
        return web.Response(status=503 if later else 404, text=drawing, content_type="image/svg+xml", headers=headers)
