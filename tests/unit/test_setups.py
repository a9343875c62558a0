"""`setup`: everything is tried before anything is kept, and each answer is taken from where it was given."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest
from aiohttp import web

from bot.app import opened
from bot.errors import HomeInUse, SettingsError, ThreadlineError
from bot.home import Home
from bot.registry import Registry
from bot.settings import TABLES, load
from bot.setups import Answers, Wanted, ask_all, set_up, take_over
from bot.store.mirrors import mirrors
from bot.testing.faults import Line
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite

DATA = Path(__file__).parents[1] / "data" / "democratic_underground"
SITE = "https://www.democraticunderground.com"
TOKEN = "a-token-that-nobody-may-read"

SECRETIVE = f'''
"""A chat that answers only to its token."""

import msgspec

from bot.errors import LoginRejected
from bot.secret import Secret
from bot.testing.chats import FakeChat


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Secret = Secret("")


class Chat(FakeChat):
    def __init__(self, token):
        super().__init__()
        self.token = token

    async def probe(self):
        if self.token.reveal() != "{TOKEN}":
            raise LoginRejected("the token is not accepted; make a new one")
        return "as @threadline"


class Adapter:
    name = "secretive"
    settings = Settings

    def open(self, name, settings, context):
        return Chat(settings.token)


adapter = Adapter()
'''


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The forums that are installed, the web chat, and one that wants a token."""
    (tmp_path / "secretive.py").write_text(SECRETIVE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "secretive", raising=False)
    ours = EntryPoint("secretive", "secretive:adapter", "threadline.chats")
    return Registry([*entry_points(group="threadline.forums"), *entry_points(group="threadline.chats"), ours])


async def shown(request: web.Request) -> web.Response:
    """The site: a start page that links to a board, and that board."""
    if request.path_qs == "/":
        return web.Response(text='<a href="/?com=forum&id=1033">A board</a>', content_type="text/html")
    if request.query.get("id") == "1033":
        return web.Response(text=(DATA / "board.html").read_text("utf-8"), content_type="text/html")
    return web.Response(status=404)


@pytest.fixture
async def site() -> AsyncIterator[LoopbackSite]:
    async with LoopbackSite([web.get("/{path:.*}", shown)]) as site:
        yield site


def instead(site: LoopbackSite) -> dict[str, str]:
    """The environment in which the site on this machine stands for the real one."""
    allowed = {"THREADLINE_NET_ALLOW": site.address.removeprefix("http://")}
    return allowed | {"THREADLINE_FORUMS_DEMOCRATIC_UNDERGROUND_ADDRESS": site.address}


Asked = Callable[..., Wanted]


@pytest.fixture
def asked(tmp_path: Path, registry: Registry) -> Asked:
    """Everything answered by options and the environment; the web chat where no other is named."""

    def wanted(forum: str = "", chat: str = "", **environ: str) -> Wanted:
        usual = {} if chat else {"THREADLINE_CHAT": "web"}
        return ask_all(tmp_path / "home", None, Answers(forum, chat), usual | environ, registry)

    return wanted


async def test_what_cannot_be_read_is_not_set_up(tmp_path, registry, asked, site) -> None:
    """It said "mirrored now" of a board that nobody could read, and the channel stayed empty."""
    home = Home(tmp_path / "home")
    for address, told in (
        (f"{SITE}/?com=forum&id=1777", "404"),
        ("sandbox:b99", "b99"),
        ("http://localhost:9/forum/b/b1", "not an address of the sandbox"),
    ):
        with pytest.raises(SettingsError, match=f"nothing was set up: .*{told}"):
            await set_up(
                home,
                await asyncio.to_thread(asked, address),
                instead(site) if address.startswith(SITE) else {},
                registry,
            )
    await site.line(Line.CUT)
    for address in (f"{SITE}/?com=forum&id=1033", SITE):
        with pytest.raises(SettingsError, match=r"nothing was set up: .*cannot be reached"):
            await set_up(home, await asyncio.to_thread(asked, address), instead(site), registry)
    assert not home.path.exists()


async def test_a_chat_that_refuses_its_token_is_not_set_up(tmp_path, registry, asked) -> None:
    """The token is tried before it is kept, and stands nowhere in the clear."""
    home = Home(tmp_path / "home")
    wrong = asked("sandbox:", "secretive", THREADLINE_CHATS_SECRETIVE_TOKEN="wrong-token")
    with pytest.raises(SettingsError, match="nothing was set up: the token is not accepted"):
        await set_up(home, wrong, {}, registry)
    assert not home.path.exists()
    right = asked("sandbox:", "secretive", THREADLINE_CHATS_SECRETIVE_TOKEN=TOKEN)
    assert "mirrored into secretive:sandbox-the-workshop-" in await set_up(home, right, {}, registry)
    kept = [file for file in home.path.rglob("*") if file.is_file()]
    assert not [file for file in kept if TOKEN.encode() in file.read_bytes()]
    settings = load(right.file, {}, registry.settings, registry.installed)
    async with opened(home, settings, registry, RecordingLog()) as app:
        assert await (await app.chat("secretive")).probe() == "as @threadline"  # type: ignore[attr-defined]


async def test_a_site_s_own_address_sets_the_forum_up_and_says_what_mirrors_a_board(
    tmp_path, registry, asked, site
) -> None:
    """It is what the question asks for; which board is meant, nobody else can say."""
    wanted = asked(f"{SITE}/")
    said = await set_up(Home(tmp_path / "home"), wanted, instead(site), registry)
    assert said.startswith("Democratic Underground is set up, and nothing of it is mirrored yet.")
    assert "threadline mirror ADDRESS --into web:lounge" in said
    assert f"such as {site.address}/?com=forum&id=1033 (A board)" in said
    settings = load(wanted.file, instead(site), registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog()) as app:
        answer = await app.handle({"group": "mirror", "words": ["add", f"{SITE}/", "--into", "web:lounge"]})
        assert not answer.ok
        assert answer.text.startswith(f"{SITE}/ is the whole of Democratic Underground; name a board or thread of it")
        assert await app.store.read(mirrors, None) == []
        answer = await app.handle(
            {"group": "mirror", "words": ["add", f"{site.address}/?com=forum&id=1777", "--into", "web:lounge"]}
        )
        assert "404" in answer.text
        assert await app.store.read(mirrors, None) == []
        good = ["add", f"{site.address}/?com=forum&id=1033", "--into", "web:lounge"]
        assert (await app.handle({"group": "mirror", "words": good})).ok
        await site.line(Line.CUT)
        assert "already" in (await app.handle({"group": "mirror", "words": good})).text


async def test_the_sandbox_s_own_address_is_its_first_board(tmp_path, registry, asked) -> None:
    said = await set_up(
        Home(tmp_path / "home"), await asyncio.to_thread(asked, "http://127.0.0.1:8080/forum/"), {}, registry
    )
    assert said.startswith("The Workshop is mirrored into web:lounge now")


async def test_what_is_mirrored_from_before_is_told(tmp_path, registry, asked) -> None:
    """The demo's mirrors stay in the home where the demo ran, and its operator would wonder."""
    home, registry_ = Home(tmp_path / "home"), registry
    demo = load(DATA.parents[2] / "config" / "demo.toml", {}, registry.settings, registry.installed)
    async with opened(home, demo, registry_, RecordingLog()) as app:
        await app.arrangement.make()
    said = await set_up(home, asked("sandbox:b2"), {}, registry)
    assert "Mirrored in this home from before, and still so:\n  1. The Workshop (sandbox) → web:workshop" in said
    assert "threadline unmirror NUMBER" in said


def test_a_home_in_use_is_told_of_before_anything_is_asked(tmp_path, asked) -> None:
    """Nobody wants to answer five questions in vain."""
    with Home(tmp_path / "home").lock(), pytest.raises(HomeInUse, match="stop it"):
        asked()


def test_each_answer_is_an_option_a_variable_or_a_file_in_that_order(tmp_path, asked) -> None:
    """Options beat the environment, and the environment beats files."""
    file = tmp_path / "address"
    file.write_text("sandbox:b1\n")
    both = {"THREADLINE_FORUM": "sandbox:b2", "THREADLINE_FORUM_FILE": str(file)}
    assert asked("sandbox:t1", **both).address == "sandbox:t1"
    assert asked(**both).address == "sandbox:b2"
    assert asked(THREADLINE_FORUM_FILE=str(file)).address == "sandbox:b1"
    file.write_text(f"{TOKEN}\n")
    given = {"THREADLINE_FORUM": "sandbox:", "THREADLINE_CHAT": "secretive"}
    given["THREADLINE_CHATS_SECRETIVE_TOKEN_FILE"] = str(file)
    assert [token.value.reveal() for token in asked(**given).tokens] == [TOKEN]
    given["THREADLINE_CHATS_SECRETIVE_TOKEN"] = "the-plain-one"
    assert [token.value.reveal() for token in asked(**given).tokens] == ["the-plain-one"]


def test_what_an_adapter_asks_is_written_down_but_for_its_secrets(tmp_path, asked) -> None:
    """A chat that stands somewhere cannot be opened before somebody said where."""
    told = {"HOMESERVER": "https://matrix.example.org", "USER": "@bot:example.org", "PASSWORD": TOKEN}
    told |= {"INVITE": "@ada:example.org, @ben:example.org"}
    environ = {f"THREADLINE_CHATS_MATRIX_{name}": value for name, value in told.items()}
    wanted = asked("sandbox:", "matrix", **environ)
    assert '\nhomeserver = "https://matrix.example.org"\nuser = "@bot:example.org"\n' in wanted.text
    assert '\ninvite = ["@ada:example.org","@ben:example.org"]\n' in wanted.text
    assert [(token.field, token.value.reveal()) for token in wanted.tokens] == [("password", TOKEN)]
    assert TOKEN not in wanted.text
    del environ["THREADLINE_CHATS_MATRIX_USER"]
    with pytest.raises(ThreadlineError, match=r"account there.*THREADLINE_CHATS_MATRIX_USER"):
        asked("sandbox:", "matrix", **environ)


def test_a_chat_that_asks_nothing_is_proposed(tmp_path, asked) -> None:
    """Whoever only tries it out has an account nowhere."""
    assert asked("sandbox:").chat == "web"


@pytest.mark.parametrize(
    ("held", "why"), [(None, "cannot be read"), (b"\xff\xfe\x00", "holds no text"), (b"", "empty")]
)
def test_a_file_that_holds_no_answer_is_named(tmp_path, asked, held: bytes | None, why: str) -> None:
    """As of the settings: with its variable, and without what stands in it."""
    file = tmp_path / "file"
    if held is not None:
        file.write_bytes(held)
    for variable in ("THREADLINE_FORUM", "THREADLINE_CHATS_SECRETIVE_TOKEN"):
        environ = {"THREADLINE_FORUM": "sandbox:", "THREADLINE_CHAT": "secretive", f"{variable}_FILE": str(file)}
        if variable == "THREADLINE_FORUM":
            del environ[variable]
        with pytest.raises(SettingsError, match=f"environment: {variable}_FILE: .*{why}"):
            asked(**environ)


def test_settings_that_cannot_be_written_are_told_of_before_anything_is_asked(tmp_path, registry) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ThreadlineError, match="cannot be written"):
        ask_all(tmp_path / "home", tmp_path / "file" / "t.toml", Answers("sandbox:"), {}, registry)


def test_the_file_it_writes_shows_every_setting(tmp_path, registry, asked) -> None:
    """An installed program has no documentation beside it; what can be set stands in the file itself."""
    wanted = asked("sandbox:", "secretive", THREADLINE_CHATS_SECRETIVE_TOKEN=TOKEN)
    assert TOKEN not in wanted.text
    assert '# token_file = "/path"' in wanted.text
    for table in TABLES:
        assert f"\n[{table}]\n" in wanted.text
    file = tmp_path / "all.toml"
    lines = [line for line in wanted.text.splitlines() if "_file" not in line]
    file.write_text("\n".join(line.removeprefix("# ") if " = " in line else line for line in lines))
    given = tmp_path / "given.toml"
    given.write_text(wanted.text)
    shown, same = (load(path, {}, registry.settings, registry.installed) for path in (file, given))
    assert shown == same


def test_where_others_have_names_too_no_common_one_is_proposed(asked) -> None:
    """A #lounge may be there already, and notices would be told to whoever is in #notices."""
    wanted = asked("sandbox:", "secretive", THREADLINE_CHATS_SECRETIVE_TOKEN=TOKEN)
    assert wanted.into == "secretive:+"
    assert '\nnotices = "secretive:threadline-notices"\n' in wanted.text
    assert asked("sandbox:").into == "web:lounge"


def test_the_login_of_the_try_is_kept(tmp_path) -> None:
    """A second one would leave the first behind, in the list of sessions of whoever owns the account."""
    tried, kept = tmp_path / "tried", tmp_path / "home" / "chats" / "matrix"
    take_over(tried, kept)
    assert not kept.exists()
    tried.mkdir()
    (tried / "session.json").write_text("first")
    take_over(tried, kept)
    assert (kept / "session.json").read_text() == "first"
    (tried / "session.json").write_text("second")
    take_over(tried, kept)
    assert (kept / "session.json").read_text() == "first"
