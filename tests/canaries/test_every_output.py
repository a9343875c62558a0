"""No secret reaches anything that the program gives out, whatever the sites that it asks say back."""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import aiohttp
import pytest
import structlog

from adapters.forums.phpbb import sessions, writing
from bot import redaction
from bot.errors import NotAllowed, Refused
from bot.testing.faults import Fault
from tests.canaries.gathering import Canaries, Outputs
from tests.canaries.house import LOUNGE, House, fetched, house

FORUMS = ("discourse", "nodebb", "flarum", "phpbb")


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log belongs to the whole process; other tests have theirs."""
    for module in (sessions, writing):  # the board's clock goes on with every request
        monkeypatch.setattr(module, "SECOND", 0.0)
    root, ours = logging.getLogger(), logging.getLogger("threadline").level
    before = (sys.excepthook, threading.excepthook, root.level, list(root.handlers))
    yield
    sys.excepthook, threading.excepthook, level, handlers = before
    root.setLevel(level)
    root.handlers[:] = handlers
    logging.getLogger("threadline").setLevel(ours)
    logging.captureWarnings(False)
    structlog.reset_defaults()


async def test_no_secret_reaches_any_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Law 10, for all of them at once: what one place blots out, another one may show."""
    canaries, outputs, log = Canaries(), Outputs(), io.StringIO()
    async with house(tmp_path, canaries, outputs, log) as here:
        await well(here, canaries)
        await said_back(here, canaries)
        await broken(here, canaries)
        await looked_at(here)
        libraries_speak(canaries)
        await taken_home(here, canaries)
        key = (tmp_path / "home" / "keys" / "seal.key").read_text().strip()
        canaries.keep("the key of all that is sealed", key)
        outputs.files("home, while it runs", tmp_path / "home", but=("keys/seal.key",))
        out, err = capfd.readouterr()
        outputs.add("standard output and standard error", f"those of the program: {out}{err}")
    outputs.files("home", tmp_path / "home", but=("keys/seal.key",))
    outputs.add("the log", log.getvalue())
    outputs.assert_clean(
        canaries,
        *("the log", "standard output and standard error", "what people are told", "the channel", "notices"),
        *("`status`", "`why`", "`held`", "`audit`", "`boards`", "`mirrors`"),
        *("/health", "/metrics", "the reader's pages", "a page of an error", "the file of one's own data"),
        *("home", "home: threadline.db", "home, while it runs: threadline.db-wal"),
    )


async def test_a_leak_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, where nothing is blotted out: a test that cannot fail shows nothing."""
    canaries, outputs, log = Canaries(), Outputs(), io.StringIO()
    monkeypatch.setattr(redaction, "redacted", lambda text, secrets=(): text)
    async with house(tmp_path, canaries, outputs, log) as here:
        await well(here, canaries)
        await said_back(here, canaries, "JSON, 403", "a page, 401")
        await looked_at(here)
    outputs.files("home", tmp_path / "home", but=("keys/seal.key",))
    outputs.add("the log", log.getvalue())
    leaks = {leak.partition(": ")[0] for leak in outputs.leaks(canaries)}
    assert {"the log", "`status`", "what people are told", "home"} <= leaks


async def well(here: House, canaries: Canaries) -> None:
    """Everything goes as it should: people connect, speak, change and delete."""
    for forum in FORUMS:
        told = await here.connect("dora", forum)
        assert "dora" in told, told
    for place in list(here.chat.threads):
        message = here.chat.person("dora").say(place, "In my own name")
        await here.works()
        here.chat.person("dora").edit(message, "In my own name, edited")
        here.chat.person("zoe").say(place, "In another")
        await here.works()
    assert await here.rows("SELECT count(*) FROM reply WHERE fate='posted'") == [(8,)]


async def said_back(here: House, canaries: Canaries, *ways: str) -> None:
    """Every forum says everything back that it is told, in some ways, or in every way that there is."""
    places = list(here.chat.threads)
    for way in ways or here.forums.ways["nodebb"]:
        for forum in FORUMS:
            here.forums.sites[forum].instead = here.forums.ways[forum][way]
        for place in places:
            here.chat.person("dora").say(place, f"While it answers with {way}")
            here.chat.person("zoe").say(place, f"While it answers with {way}")
        await here.works()
        for forum in FORUMS:
            asked = await here.reader("emil", f"connect {forum}")
            here.outputs.add("what people are told", asked)
            secret = canaries.mint(f"emil's wrong answer to {forum}, {way}", 'f"{}/+&')
            name = "emil " if forum in ("flarum", "phpbb") else ""
            here.outputs.add("what people are told", await here.reader("emil", f"connect {forum} {name}{secret}"))
            await here.operator("boards", here.forums.threads[forum])
        await here.operator("status")
        await here.operator("held")
        here.outputs.add("/health", str(await here.app.health()))
    for forum in FORUMS:
        here.forums.sites[forum].instead = None


async def broken(here: House, canaries: Canaries) -> None:
    """The chat's adapter raises what it may and what it may not, with its token in it."""
    token = canaries.kept["the chat's token"]
    for error in (
        NotAllowed(f"the chat says: {token}"),
        Refused(f"the chat says: {token}"),
        RuntimeError(f"Authorization: Bot {token}", {"token": token}),
        ValueError(token),
    ):
        for act in ("send", "edit", "react", "whisper", "delete"):
            here.chat.faults.append(Fault(error, act))
        for place in list(here.chat.threads):
            here.chat.person("zoe").say(place, f"While the chat raises {type(error).__name__}")
        await here.works()
        await here.operator("status")
    here.chat.faults.clear()
    await here.works()


def libraries_speak(canaries: Canaries) -> None:
    """Libraries log what they send, as they like; of all secrets that are sent."""
    for name in ("nio", "discord", "aiohttp.client", "asyncio"):
        library = logging.getLogger(name)
        for secret in canaries.kept.values():
            library.warning("sent %s: %s", name, secret)
            library.warning("sent %r", {"Authorization": secret, "body": [f"password={quote_plus(secret)}"]})
            library.error("failed", exc_info=RuntimeError(f"was told {secret!r}", secret.encode()))


async def looked_at(here: House) -> None:
    """Everything that can be looked at is."""
    for _ in range(3):
        await here.works()
    await here.operator("status", "--all")
    for words in (["audit"], ["held"], ["list"]):
        await here.operator(*words)
    here.outputs.add("`mirrors`", await here.operator("list"))
    for (link,) in await here.rows("SELECT link FROM post WHERE link<>''"):
        await here.operator("why", str(link))
    for row in here.chat.messages.values():
        here.outputs.add("notices" if row.where.channel == "notices" else "the channel", f"{row.text}\n")
    for whisper in here.chat.whispers:
        if "/read/" not in whisper.text and "link" not in whisper.text:
            here.outputs.add("what people are told", f"{whisper.text}\n")


async def taken_home(here: House, canaries: Canaries) -> None:
    """A reader signs in to the pages, takes their data along, and links another login; each by a secret of its own."""
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", await here.reader("dora", "link"))
    assert code is not None
    canaries.keep("the code of a link", code.group())
    links = {}
    for what in ("web", "mydata"):
        found = re.search(r"/read/(?:in|mydata)/([\w-]+)", await here.reader("dora", what))
        assert found is not None
        links[what] = found.group()
        canaries.keep(f"the link of {what}", found.group(1))
    outputs, jar = here.outputs, aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": here.address}) as session:
        async with session.post(f"{here.address}{links['web']}", allow_redirects=False) as entered:
            assert entered.status == 303, await entered.text()
        [cookie] = list(jar)
        canaries.keep("the cookie of a session", cookie.value)
        for path in ("/read/", "/read/search?q=words"):
            text = await fetched(session, outputs, "the reader's pages", f"{here.address}{path}")
            for board in set(re.findall(r'href="(/read/[bt]/\d+)"', text)):
                await fetched(session, outputs, "the reader's pages", f"{here.address}{board}")
        await fetched(session, outputs, "a page of an error", f"{here.address}{links['web']}")
        await fetched(session, outputs, "the file of one's own data", f"{here.address}{links['mydata']}", "POST")
        for path in ("/health", "/metrics"):
            await fetched(session, outputs, path, f"{here.address}{path}")
    here.chat.person("phone").command(LOUNGE, f"forum link {code.group()}")
    await here.works()
