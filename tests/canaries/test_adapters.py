"""What adapters raise and log holds no secret once it is said, whatever the sites that they ask say back."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web

from adapters.chats.discord import adapter as discord_chat
from adapters.chats.matrix import adapter as matrix_chat
from adapters.forums.discourse import adapter as discourse
from adapters.forums.flarum import adapter as flarum
from adapters.forums.nodebb import adapter as nodebb
from adapters.forums.phpbb import adapter as phpbb
from adapters.forums.phpbb import sessions, writing
from bot.log import configure
from bot.model import (
    BoardKey,
    Bookmark,
    ChannelRef,
    ChatName,
    Draft,
    ForumName,
    Login,
    MessageId,
    Opener,
    PostKey,
    ThreadKey,
    Where,
)
from bot.ports import Secret
from bot.redaction import reason_of, words_of
from bot.rendering import notice
from bot.testing.context import context
from bot.testing.server import LoopbackSite
from tests.canaries import parrots
from tests.canaries.gathering import Canaries, Outputs
from tests.discord.gateway import PATH
from tests.discord.rest import PREFIX
from tests.discord.stand_in import addressed

HERE, MESSAGE = Where(ChannelRef("1")), MessageId("2")


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log belongs to the whole process; other tests have theirs."""
    for module in (sessions, writing):
        monkeypatch.setattr(module, "SECOND", 0.0)
    root, ours = logging.getLogger(), logging.getLogger("threadline").level
    before = root.level, list(root.handlers)
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    logging.getLogger("threadline").setLevel(ours)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
async def site() -> AsyncIterator[LoopbackSite]:
    async with LoopbackSite([]) as made:
        yield made


Calls = dict[str, Callable[[], Awaitable[Any]]]


def asked(forum: Any, login: Login, invited: str, secret: str) -> Calls:
    """Everything that the program asks of a forum."""
    thread, post, board = ThreadKey("1"), PostKey("2"), BoardKey(next(iter(BOARDS.get(type(forum).__name__, ["1"]))))
    draft, own = Draft(thread, "words", "zoe"), Draft(thread, "words", "zoe", login=login)
    calls: Calls = {
        "listing": lambda: forum.listing(board, Bookmark()),
        "thread": lambda: forum.thread(thread, Bookmark()),
        "boards": lambda: forum.boards(),
        "probe": lambda: forum.probe(),
        "submit": lambda: forum.submit(draft, "k-1"),
        "submit as oneself": lambda: forum.submit(own, "k-2"),
        "revise": lambda: forum.revise(post, own, "k-3"),
        "withdraw": lambda: forum.withdraw(thread, post, "k-4", login),
        "written": lambda: forum.written(thread, 0, login),
        "start": lambda: forum.start(Opener(board, "A title", "words", "zoe", login=login), "k-5"),
        "connect": lambda: forum.connect(invited, f"dora {secret}"),
        "disconnect": lambda: forum.disconnect(login),
    }
    if hasattr(forum, "judged"):
        calls["judged"] = lambda: forum.judged(thread, ("r1", "2"))
    return calls


BOARDS = {"Discourse": ["c/7"], "NodeBB": ["c/5"], "Flarum": ["t/2"]}


async def _all_said(calls: Calls, outputs: Outputs, log: Any, way: str) -> int:
    """Ask everything; what came of it as the program tells and logs it. How often something was raised."""
    raised = 0
    for name, call in calls.items():
        try:
            await call()
        except Exception as error:  # also what it may not raise: it is told and logged all the same
            raised += 1
            outputs.add(f"{name}, in words", f"{way}: {words_of(error)}\n{reason_of(error)}\n")
            log.warning("it failed", call=name, error=error, exc_info=error)
    return raised


@pytest.mark.parametrize("engine", ["discourse", "nodebb", "flarum", "phpbb"])
async def test_a_forum_s_errors_hold_no_secret(engine: str, site: LoopbackSite, tmp_path: Path) -> None:
    """Law 10: their words are told to authors and admins, and kept."""
    canaries, outputs, stream = Canaries(), Outputs(), io.StringIO()
    log = configure("debug", stream)
    ours = context(tmp_path, engine, log=log)
    key = Secret(canaries.mint("the key of the settings"))
    own = canaries.mint("the key of somebody")
    told = {"discourse": parrots.discourse, "nodebb": parrots.nodebb, "flarum": parrots.flarum}
    forum: Any
    match engine:
        case "discourse":
            settings = discourse.settings(address=site.address, api_key=key, username="bot", requests=60_000.0)
            forum = discourse.open(ForumName("f"), settings, ours)
        case "nodebb":
            forum = nodebb.open(ForumName("f"), nodebb.settings(address=site.address, token=key, spacing=0.0), ours)
        case "flarum":
            forum = flarum.open(ForumName("f"), flarum.settings(site.address, key, "1", requests=600_000.0), ours)
        case _:
            forum = phpbb.open(ForumName("f"), phpbb.settings(site.address, "bridge", key), ours)
    held = Secret(SECRETS[engine].format(own)).reveal()  # as one is that was opened for an act
    raised, invited = 0, (await forum.invite()).secret
    for way, answer in parrots.every(told.get(engine, parrots.discourse)).items():
        site.instead = answer
        typed = canaries.mint(f"what was typed while it answered {way}", "{}&/+")
        raised += await _all_said(asked(forum, Login("3", "dora", held), invited, typed), outputs, log, way)
    await forum.close()
    await ours.net.close()
    outputs.add("the log", stream.getvalue())
    assert raised > 100, "sites that answer so are hardly understood"
    outputs.assert_clean(canaries, "the log", "submit, in words", "submit as oneself, in words", "connect, in words")


SECRETS = {"discourse": "{}", "nodebb": "{}", "flarum": '{{"token":"{}"}}', "phpbb": '{{"password":"{}"}}'}
"""What is kept of a person's login, by engine."""


def _lets_in(token: str) -> parrots.Answer:
    """A homeserver that lets us in, and has nothing else."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"access_token": token, "user_id": "@bot:example.org", "device_id": "DEVICE"})

    return answer


@pytest.mark.parametrize("network", ["discord", "matrix", "matrix, by password"])
async def test_a_chat_s_errors_hold_no_secret(network: str, site: LoopbackSite, tmp_path: Path) -> None:
    """Their words are told to admins, shown in `status` and `/health`, and kept."""
    canaries, outputs, stream = Canaries(), Outputs(), io.StringIO()
    log = configure("debug", stream)
    ours = context(tmp_path, network, log=log)
    token = Secret(canaries.mint("the token"))
    raised = 0
    with ExitStack() as stack:
        stack.enter_context(addressed(site.address + PREFIX, site.address.replace("http", "ws", 1) + PATH))
        chat: Any
        if network == "discord":
            chat = discord_chat.open(ChatName("c"), discord_chat.settings(token=token), ours)
        elif network == "matrix":
            chat = matrix_chat.open(ChatName("c"), matrix_chat.settings(homeserver=site.address, token=token), ours)
        else:
            site.instead = _lets_in(canaries.mint("the token of a login"))
            settings = matrix_chat.settings(homeserver=site.address, user="@bot:example.org", password=token)
            chat = matrix_chat.open(ChatName("c"), settings, ours)
            await _all_said({"probe": chat.probe}, outputs, log, "letting us in")
        [payload] = chat.render(notice("words"))
        for way, answer in parrots.every(parrots.chat).items():
            site.instead = answer
            calls: Calls = {
                "send": lambda: chat.send(HERE, payload, "k-1"),
                "edit": lambda: chat.edit(HERE, MESSAGE, payload),
                "delete": lambda: chat.delete(HERE, MESSAGE),
                "read_back": lambda: chat.read_back(HERE, MESSAGE),
                "channel": lambda: chat.channel("news", None),
                "probe": lambda: chat.probe(),
            }
            raised += await _all_said(calls, outputs, log, way)
        await chat.close()
    await ours.net.close()
    outputs.add("the log", stream.getvalue())
    assert raised > 40
    outputs.assert_clean(canaries, "the log", "send, in words", "probe, in words")
