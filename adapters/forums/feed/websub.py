"""WebSub: asks hubs to say early that a feed has something new; what they send is thrown away, the feed is read.

It needs an address of ours that hubs can reach (`Context.public`), and pages that are served there. Polling goes on as
if there were none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
from aiohttp import web

from adapters.files import replaced
from adapters.forums.feed.subscriptions import (
    LEASE,
    Offer,
    Proof,
    Subscription,
    asked,
    begun,
    confirmed,
    due,
    over,
    silent,
)
from bot.errors import AdapterError
from bot.model import MINUTE, Hint, Millis
from bot.net import raise_for_status, shown
from bot.ports import Context, for_programs

MOST = 1000
"""Subscriptions of one forum; feeds beyond them are polled alone."""

LARGEST = 16 * 1024 * 1024
"""Bytes of a push that are read to check its signature; none of them is kept."""

LONGEST_CHALLENGE = 2048

REST = 10 * MINUTE
"""For how long a hub that did not answer is not asked about other feeds either."""


class WebSub:
    """The subscriptions of one forum; they outlive a restart in a file of the adapter's folder."""

    def __init__(self, context: Context, prefix: str) -> None:
        self.prefix = prefix
        self._context = context
        self._file = context.folder / "websub.json"
        self._subs: dict[tuple[str, str], Subscription] | None = None
        """By what they make due: kind and key."""
        self._read: dict[tuple[str, str], tuple[Hint, Offer | None, bool]] = {}
        """What was read since hubs were last thought of."""
        self._pushed: dict[tuple[str, str], Hint] = {}
        self._rests: dict[str, Millis] = {}
        self._served = False
        self._woken = asyncio.Event()
        self._saving = asyncio.Lock()

    def tend(self, target: Hint, offer: Offer | None, news: bool) -> None:
        """A feed was read: `offer` is the hub that it names, None where it did not say; `news` whether it had any.

        Without a word about a hub an existing subscription goes on.
        """
        if self._served and len(self._read) < MOST:
            before = self._read.get(_key(target), (target, None, False))
            self._read[_key(target)] = (target, offer or before[1], news or before[2])
            self._woken.set()

    async def hints(self) -> AsyncIterator[Hint]:
        """What hubs push, as hints; asks hubs meanwhile."""
        subs = await self._known()
        while True:
            self._woken.clear()
            while self._pushed:
                yield self._pushed.pop(next(iter(self._pushed)))
            if self._read:
                target, offer, news = self._read.pop(next(iter(self._read)))
                await self._tended(subs, target, offer, news)
            else:
                await self._woken.wait()

    def routes(self) -> Sequence[web.RouteDef]:
        """Where hubs ask whether we asked, and where they push; nowhere, where they cannot reach us."""
        if not self._context.public:
            return ()
        self._served = True
        return [web.get("/{id}", self.confirm, allow_head=False), web.post("/{id}", self.heard)]

    # ------------------------------------------------------------------------------------------------ what hubs do

    async def confirm(self, request: web.Request) -> web.Response:
        """A hub asks whether we want what somebody asked for in our name: only what we asked for is confirmed."""
        told = request.query
        sub = await self._of(request)
        mode, challenge = told.get("hub.mode", ""), told.get("hub.challenge", "")
        if sub is None or told.get("hub.topic") != sub.topic:
            raise web.HTTPNotFound
        now = self._context.now()
        if mode == "denied":
            await self._keep(msgspec.structs.replace(sub, refused=now, tries=0))
            self._context.log.info("hub refuses", hub=shown(sub.hub), why=told.get("hub.reason", "")[:200])
            return web.Response()
        if mode != "subscribe" or not 0 < len(challenge) <= LONGEST_CHALLENGE or not (sub.tries or sub.until > now):
            raise web.HTTPNotFound
        await self._keep(confirmed(sub, told.get("hub.lease_seconds", ""), now))
        self._context.log.info("hub pushes", hub=shown(sub.hub), topic=shown(sub.topic))
        return web.Response(text=challenge, content_type="text/plain")

    @for_programs
    async def heard(self, request: web.Request) -> web.Response:
        """A hub pushes: what it signed is a hint, anything else is nothing; it is never told which."""
        sub = await self._of(request)
        if sub is None:
            raise web.HTTPGone
        proof, size = Proof(sub.secret, request.headers.get("X-Hub-Signature", "")), 0
        async for piece in request.content.iter_any():
            proof.add(piece)
            size += len(piece)
            if size > LARGEST:
                break
        if size <= LARGEST and proof.holds():
            self._pushed[_key(sub.target)] = sub.target
            self._woken.set()
            if not sub.heard:
                await self._keep(msgspec.structs.replace(sub, heard=True))
        else:
            self._context.log.warning("push without a valid signature", hub=shown(sub.hub), topic=shown(sub.topic))
        return web.Response(status=202)

    # ---------------------------------------------------------------------------------------------------- what we do

    async def _tended(
        self, subs: dict[tuple[str, str], Subscription], target: Hint, offer: Offer | None, news: bool
    ) -> None:
        """Ask a feed's hub, if it is time."""
        now = self._context.now()
        sub = subs.get(_key(target))
        if offer is not None and (sub is None or (sub.hub, sub.topic) != (offer.hub, offer.topic)):
            if sub is None and len(subs) >= MOST:
                return
            sub = begun(offer, target, now)
        if sub is None:
            return
        sub = subs[_key(target)] = msgspec.structs.replace(sub, tended=now, news=sub.news + news)
        if now < self._rests.get(sub.hub, 0) or not due(sub, now):
            return
        if silent(sub, now):
            self._context.log.warning(
                "hub was silent", hub=shown(sub.hub), topic=shown(sub.topic), found_by_polling=sub.news
            )
        await self._ask(sub, now)

    async def _ask(self, sub: Subscription, now: Millis) -> None:
        await self._keep(asked(sub, now))  # first: it may ask back before it answers
        form = {
            "hub.mode": "subscribe",
            "hub.topic": sub.topic,
            "hub.callback": f"{self._context.public.rstrip('/')}/{self.prefix}/{sub.id}",
            "hub.lease_seconds": str(LEASE // 1000),
            "hub.secret": sub.secret,
        }
        try:
            answer = await self._context.net.send("POST", sub.hub, form=form, max_bytes=65_536)
            if answer.status in (408, 429) or answer.status >= 500:
                raise_for_status(answer, "the hub", write=True)
        except AdapterError as error:
            self._rests[sub.hub] = now + REST
            self._context.log.info("hub not reached", hub=shown(sub.hub), error=str(error))
            return
        if answer.status >= 300:
            newest = (self._subs or {}).get(_key(sub.target), sub)  # it may have confirmed meanwhile
            await self._keep(msgspec.structs.replace(newest, refused=now, tries=0, until=0))
            self._context.log.info("hub refuses", hub=shown(sub.hub), why=f"it answered {answer.status}")

    # ----------------------------------------------------------------------------------------------- what is kept

    async def _of(self, request: web.Request) -> Subscription | None:
        id_ = request.match_info["id"]
        return next((sub for sub in (await self._known()).values() if sub.id == id_), None)

    async def _known(self) -> dict[tuple[str, str], Subscription]:
        """All subscriptions; those of an earlier run at first."""
        if self._subs is None:
            try:
                found = await asyncio.to_thread(_loaded, self._file)
            except (OSError, msgspec.DecodeError) as error:
                self._context.log.warning("subscriptions lost", file=str(self._file), error=str(error))
                found = []
            if self._subs is None:  # nobody was quicker
                self._subs = {_key(sub.target): sub for sub in found}
        return self._subs

    async def _keep(self, sub: Subscription) -> None:
        """Keep a subscription as it is now, and let go of those that are over."""
        subs, now = self._subs or {}, self._context.now()
        subs[_key(sub.target)] = sub  # before anything is awaited, so that no other change is undone
        for key in [key for key, one in subs.items() if over(one, now)]:
            del subs[key]
        async with self._saving:
            try:
                await asyncio.to_thread(replaced, self._file, msgspec.json.encode(list(subs.values())))
            except OSError as error:
                # Until the next start it is known all the same; then the hub is asked anew.
                self._context.log.warning("subscriptions not kept", file=str(self._file), error=str(error))


def _key(target: Hint) -> tuple[str, str]:
    return target.kind.value, target.key


def _loaded(file: Path) -> list[Subscription]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Subscription])
    except FileNotFoundError:
        return []
