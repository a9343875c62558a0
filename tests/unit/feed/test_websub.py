"""Hubs that push: what is believed of them, and what goes on without them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from adapters.forums.feed import subscriptions, websub
from adapters.forums.feed.subscriptions import LEASE, LONGEST_LEASE, Offer, Proof, Subscription, offered
from adapters.forums.feed.websub import WebSub
from bot.model import DAY, HOUR, MINUTE, Hint, TargetKind
from bot.settings import Web
from bot.testing.clock import FakeClock
from bot.testing.context import context
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite
from bot.web.server import WebServer

FEED = "https://blog.example/feed.xml"
ELSE = "https://else.example/"
BOARD = Hint(TargetKind.BOARD, FEED)
OTHER = Hint(TargetKind.BOARD, "https://blog.example/other.xml")


# ------------------------------------------------------------------------------------------------------------ the rules


@pytest.mark.parametrize(
    ("headers", "links", "hub", "topic"),
    [
        ([], [("hub", "https://hub.example/"), ("self", FEED)], "https://hub.example/", FEED),
        ([], [("hub", "https://hub.example/")], "https://hub.example/", FEED),
        ([f'<https://hub.example/>; rel="hub", <{FEED}?a=1,2>; rel=self'], [], "https://hub.example/", f"{FEED}?a=1,2"),
        (
            ["<https://hub.example/>; rel=hub", f"<{FEED}>; type=x; rel='self'; REL=self"],
            [],
            "https://hub.example/",
            FEED,
        ),
        (['</hub>; title="a, b"; rel="preconnect hub"'], [("hub", "https://else.example/")], f"{FEED[:20]}/hub", FEED),
        (
            ["<https://a.example/>; rel=next"],
            [("hub", "/hub"), ("hub", "https://else.example/")],
            f"{FEED[:20]}/hub",
            FEED,
        ),
    ],
)
def test_a_hub_is_named_in_the_answer_s_head_or_in_the_feed(
    headers: list[str], links: list[tuple[str, str]], hub: str, topic: str
) -> None:
    """The head goes first; the hub knows the feed under the address that the feed gives itself."""
    assert offered(headers, links, FEED) == Offer(hub, topic)


@pytest.mark.parametrize(
    "links",
    [
        [],
        [("self", FEED)],
        [("hub", "javascript:alert(1)")],
        [("hub", "http://hub.example/")],
        [("hub", "ftp://a.example/")],
    ],
)
def test_a_hub_that_cannot_be_asked_safely_is_none(links: list[tuple[str, str]]) -> None:
    """What proves a push would be sent in the clear."""
    assert offered([], links, FEED) is None
    assert offered(["<" * 5000, "<a>;" * 2000, '<a>; rel="' * 1000], links, FEED) is None


def test_a_feed_that_is_read_in_the_clear_may_have_such_a_hub() -> None:
    """There is nothing left to hide."""
    assert offered([], [("hub", "http://hub.example/")], "http://blog.example/feed.xml") is not None


def subscription(**given: Any) -> Subscription:
    begun = subscriptions.begun(Offer("https://hub.example/", FEED), BOARD, 0)
    return msgspec.structs.replace(begun, **given)


def test_a_lease_is_as_long_as_the_hub_says_and_no_longer_than_it_can_be_trusted() -> None:
    """A hub that forgets is found out by asking it again."""
    assert subscriptions.confirmed(subscription(), "3600", 5).until == 5 + HOUR
    assert subscriptions.confirmed(subscription(), "99999999999", 5).until == 5 + LONGEST_LEASE
    assert subscriptions.confirmed(subscription(), "0", 5).until == 5 + MINUTE
    for odd in ("", "-1", "soon", "٣", "1e9"):
        assert subscriptions.confirmed(subscription(), odd, 5).until == 5 + LEASE


def test_a_lease_is_renewed_before_it_ends() -> None:
    """Otherwise what is posted in between comes as late as without a hub."""
    lease = subscriptions.confirmed(subscription(), str(10 * DAY // 1000), 0)
    assert not subscriptions.due(lease, 8 * DAY)
    assert subscriptions.due(lease, 9 * DAY)
    assert subscriptions.due(lease, -1), "a clock that was set back"


def test_a_hub_that_does_not_confirm_is_asked_ever_more_rarely() -> None:
    """It may be busy, or may never do it."""
    sub, now, waits = subscription(), 0, []
    assert subscriptions.due(sub, 0)
    for _ in range(12):
        sub = subscriptions.asked(sub, now)
        wait = next(minutes for minutes in range(1, 2000) if subscriptions.due(sub, now + minutes * MINUTE))
        now += wait * MINUTE
        waits.append(wait)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (10, 360)


def test_a_hub_that_said_no_is_left_alone_for_a_day() -> None:
    """Its word is worth something, and not for ever."""
    refused = subscription(refused=DAY)
    assert not subscriptions.due(refused, DAY + 23 * HOUR)
    assert subscriptions.due(refused, 2 * DAY)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_push_is_proven_by_its_signature(method: str) -> None:
    """The whole body counts, piece by piece, byte for byte."""
    signed = hmac.new(b"secret", b"one two", method).hexdigest()

    def holds(secret: str, signature: str, *pieces: bytes) -> bool:
        proof = Proof(secret, signature)
        for piece in pieces:
            proof.add(piece)
        return proof.holds()

    assert holds("secret", f"{method}={signed}", b"one ", b"two")
    assert holds("secret", f"{method.upper()}={signed.upper()}", b"one two")
    assert not holds("secret", f"{method}={signed}", b"one two ")
    assert not holds("other", f"{method}={signed}", b"one two")
    for forged in ("", "=", method, f"{method}=", f"md5={signed}", f"{method}={signed[:-1]}", f"{method}=ü", signed):
        assert not holds("secret", forged, b"one two")


# ------------------------------------------------------------------------------------------------------ with a real hub


class Hub:
    """A hub on loopback: keeps what it was asked, and answers what a test wants."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = 202
        self.site = LoopbackSite([web.post("/hub", self._subscribe)])

    async def _subscribe(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(status=self.status)

    @property
    def offer(self) -> Offer:
        return Offer(f"{self.site.address}/hub", FEED)


class Rig:
    """Our side: the adapter's routes on the program's web server, and the hints that come of them."""

    prefix = "hub-blog"

    def __init__(self, folder: Path, hub: Hub, session: aiohttp.ClientSession) -> None:
        self.hub, self.clock, self.log, self._session = hub, FakeClock(), RecordingLog(), session
        self.hints: asyncio.Queue[Hint] = asyncio.Queue()
        self._folder = folder

    async def start(self) -> None:
        self.context = context(self._folder, "blog", now=self.clock.now, log=self.log, public="https://bot.example")
        self.websub = WebSub(self.context, self.prefix)
        self._server = WebServer(Web(port=0, public="https://bot.example"), [self], health=_well)
        self._address = await self._server.start()
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._server.stop()
        await self.context.net.close()

    def routes(self) -> Any:
        return self.websub.routes()

    def pane(self) -> None:
        return None

    async def _listen(self) -> None:
        async for hint in self.websub.hints():
            self.hints.put_nowait(hint)

    async def subscribed(self, target: Hint = BOARD) -> str:
        """Read a feed that names the hub, and wait until the hub was asked; gives our callback's path."""
        count = len(self.hub.asked) + 1
        self.websub.tend(target, self.hub.offer, news=False)
        await until(lambda: len(self.hub.asked) >= count)
        callback = self.hub.asked[-1]["hub.callback"]
        assert callback.startswith("https://bot.example/hub-blog/")
        return callback.removeprefix("https://bot.example")

    async def confirmed(self, seconds: int = LEASE // 1000) -> str:
        """The same, and the hub has made sure that we asked."""
        path = await self.subscribed()
        assert await self.ask(path, lease=str(seconds)) == (200, "echo me")
        return path

    async def ask(self, path: str, mode: str = "subscribe", topic: str = FEED, **more: str) -> tuple[int, str]:
        """What the hub asks."""
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": more.get("challenge", "echo me")}
        if "lease" in more:
            query["hub.lease_seconds"] = more["lease"]
        async with self._session.get(self._address + path, params=query, headers=HOST) as answer:
            return answer.status, await answer.text()

    async def push(self, path: str, body: bytes = b"<feed/>", secret: str = "", signature: str | None = None) -> int:
        """What the hub pushes, signed."""
        key = secret or (self.hub.asked[-1]["hub.secret"] if self.hub.asked else "")
        signed = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        headers = HOST | {"X-Hub-Signature": signed if signature is None else signature}
        async with self._session.post(self._address + path, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status


HOST = {"Host": "bot.example"}


async def _well() -> dict[str, Any]:
    return {"ok": True, "parts": {}}


async def until(there: Callable[[], bool]) -> None:
    while not there():
        await asyncio.sleep(0)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    async with hub.site:
        yield hub


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


Start = Callable[[], Awaitable[Rig]]


@pytest.fixture
async def start(tmp_path: Path, hub: Hub, session: aiohttp.ClientSession) -> AsyncIterator[Start]:
    """Starts our side, as often as a test wants: on the same folder."""
    running: list[Rig] = []

    async def starts() -> Rig:
        for before in running:
            await before.stop()
        running[:] = [Rig(tmp_path, hub, session)]
        await running[0].start()
        return running[0]

    yield starts
    for rig in running:
        await rig.stop()


@pytest.fixture
async def rig(start: Start) -> Rig:
    return await start()


async def test_a_push_makes_its_feed_due_and_nothing_else(rig: Rig) -> None:
    """What it holds is not believed: the feed itself is read."""
    path = await rig.confirmed()
    assert await rig.push(path, b"<feed>anything at all</feed>") == 202
    assert await rig.hints.get() == BOARD


async def test_what_is_asked_for_is_bounded_in_time_and_can_be_proven(rig: Rig) -> None:
    """The hub gets an address that nobody guesses, and a secret of this feed alone."""
    one, other = await rig.subscribed(), await rig.subscribed(OTHER)
    first, second = rig.hub.asked
    assert first["hub.mode"] == "subscribe"
    assert first["hub.topic"] == FEED
    assert int(first["hub.lease_seconds"]) * 1000 <= LONGEST_LEASE
    assert one != other
    assert first["hub.secret"] != second["hub.secret"]
    assert min(len(first["hub.secret"]), len(one.rpartition("/")[2])) >= 32


@pytest.mark.parametrize("signature", ["", "sha256=00", "sha1"])
async def test_a_push_that_is_not_signed_is_nothing_and_is_not_told_so(rig: Rig, signature: str) -> None:
    """Whoever tries out signatures learns nothing; the hub's next push counts."""
    path = await rig.confirmed()
    assert await rig.push(path, signature=signature) == 202
    assert await rig.push(path, secret="somebody else's") == 202
    assert rig.hints.empty()
    assert await rig.push(path) == 202
    assert await rig.hints.get() == BOARD


async def test_a_push_may_be_larger_than_our_forms(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hubs send whole feeds; what is larger still is not read to its end, and proves nothing."""
    path = await rig.confirmed()
    assert await rig.push(path, b"x" * (3 * 1024 * 1024)) == 202
    assert await rig.hints.get() == BOARD
    monkeypatch.setattr(websub, "LARGEST", 1000)
    assert await rig.push(path, b"x" * 1001) == 202
    assert rig.hints.empty()


async def test_a_hub_that_pushes_to_nobody_is_told_to_stop(rig: Rig) -> None:
    """410 is the word that makes hubs forget a subscription."""
    await rig.confirmed()
    assert await rig.push("/hub-blog/unknown") == 410


@pytest.mark.parametrize(
    "question",
    [
        {"topic": "https://blog.example/else.xml"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"challenge": ""},
        {"challenge": "x" * 3000},
    ],
)
async def test_only_what_was_asked_for_is_confirmed(rig: Rig, question: dict[str, str]) -> None:
    """Anybody can ask a hub in our name: to push us what we did not want, or to stop."""
    path = await rig.subscribed()
    assert (await rig.ask(path, **question))[0] == 404
    assert (await rig.ask("/hub-blog/unknown"))[0] == 404
    assert await rig.ask(path) == (200, "echo me")


async def test_a_confirmed_hub_is_not_asked_again_until_its_lease_runs_out(rig: Rig) -> None:
    """Feeds are read often, hubs are asked once in a lease."""
    path = await rig.confirmed()
    for _ in range(3):
        rig.websub.tend(BOARD, rig.hub.offer, news=True)
    await rig.subscribed(OTHER)
    assert len(rig.hub.asked) == 2
    rig.clock.advance(LEASE - HOUR)
    assert await rig.subscribed() == path, "a hub renews a subscription that it knows"


async def test_a_feed_that_did_not_change_keeps_its_subscription(rig: Rig) -> None:
    """An answer of "not modified" names no hub."""
    await rig.confirmed()
    rig.clock.advance(LEASE - HOUR)
    rig.websub.tend(BOARD, None, news=False)
    await until(lambda: len(rig.hub.asked) == 2)


async def test_a_feed_that_moved_to_another_hub_is_followed_there(rig: Rig) -> None:
    """The old one will not push it any more."""
    await rig.confirmed()
    rig.websub.tend(BOARD, Offer(rig.hub.offer.hub, f"{FEED}?moved"), news=False)
    await until(lambda: len(rig.hub.asked) == 2)
    assert rig.hub.asked[1]["hub.topic"] == f"{FEED}?moved"


@pytest.mark.parametrize("status", [400, 403, 404, 410, 307])
async def test_a_hub_that_refuses_is_left_alone_for_a_day(rig: Rig, status: int) -> None:
    """Polling goes on; the hub may change its mind."""
    rig.hub.status = status
    await rig.subscribed()
    await until(lambda: "hub refuses" in rig.log.events())
    rig.clock.advance(23 * HOUR)
    rig.websub.tend(BOARD, rig.hub.offer, news=False)
    await rig.subscribed(OTHER)
    assert len(rig.hub.asked) == 2
    rig.clock.advance(DAY)
    await rig.subscribed()


async def test_a_denial_that_comes_later_counts_as_well(rig: Rig) -> None:
    """Hubs look at the feed before they decide."""
    path = await rig.subscribed()
    assert (await rig.ask(path, "denied"))[0] == 200
    rig.clock.advance(HOUR)
    rig.websub.tend(BOARD, rig.hub.offer, news=False)
    await rig.subscribed(OTHER)
    assert len(rig.hub.asked) == 2


async def test_a_hub_that_is_down_holds_up_no_other_feed(rig: Rig) -> None:
    """It is asked again later, about any of its feeds."""
    rig.hub.status = 503
    await rig.subscribed()
    await until(lambda: "hub not reached" in rig.log.events())
    rig.websub.tend(OTHER, rig.hub.offer, news=False)
    rig.websub.tend(BOARD, rig.hub.offer, news=False)
    rig.clock.advance(11 * MINUTE)
    rig.hub.status = 202
    await rig.confirmed()


async def test_a_restart_knows_the_secrets_of_the_running_leases(start: Start) -> None:
    """The hub goes on pushing with them; they are for our eyes alone."""
    before = await start()
    path = await before.confirmed()
    secret = before.hub.asked[-1]["hub.secret"]
    after = await start()
    assert await after.push(path, secret=secret) == 202
    assert await after.hints.get() == BOARD
    file = after.context.folder / "websub.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in before.log.text() + after.log.text()


async def test_a_file_that_cannot_be_read_costs_the_subscriptions_alone(start: Start) -> None:
    """They are made anew."""
    before = await start()
    path = await before.confirmed()
    (before.context.folder / "websub.json").write_bytes(b"[{")
    after = await start()
    assert await after.push(path) == 410
    assert "subscriptions lost" in after.log.events()
    await after.confirmed()


async def test_a_hub_that_was_silent_for_a_lease_is_reported(rig: Rig) -> None:
    """Its promise is worth nothing, and somebody should know why news come late."""
    await rig.confirmed()
    rig.websub.tend(BOARD, None, news=True)
    rig.clock.advance(LEASE - HOUR)
    await rig.subscribed()
    assert "hub was silent" in rig.log.events()


async def test_a_hub_with_nothing_to_tell_is_not_called_silent(rig: Rig) -> None:
    """Neither one that told, nor one of a feed in which nothing happened."""
    path = await rig.confirmed()
    rig.clock.advance(LEASE - HOUR)
    await rig.subscribed()
    await rig.ask(path)
    await rig.push(path)
    assert await rig.hints.get() == BOARD
    rig.websub.tend(BOARD, None, news=True)
    rig.clock.advance(LEASE - HOUR)
    await rig.subscribed()
    assert "hub was silent" not in rig.log.events()


async def test_where_nobody_can_reach_us_no_hub_is_asked(tmp_path: Path, hub: Hub) -> None:
    """It would ask an address that leads nowhere, again and again."""
    ours = context(tmp_path)
    unreached = WebSub(ours, "hub-blog")
    unreached.routes()

    async def listen() -> None:
        async for _ in unreached.hints():
            pass

    hints = asyncio.create_task(listen())
    unreached.tend(BOARD, hub.offer, news=False)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not hub.asked
    hints.cancel()
    await asyncio.wait([hints])
    await ours.net.close()
