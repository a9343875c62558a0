"""Boards are listed and searched by readers, and mirrored many at once."""

from pathlib import Path

import msgspec
import pytest

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR
from bot.commands import carry_out
from bot.commands.boards import having, none_has
from bot.commands.finding import NAMED
from bot.commands.groups import AT_ONCE
from bot.errors import RateLimited, ThreadlineError, Unparsable, Unreachable
from bot.model import Answer, Board, BoardKey, Caller, ChatName, ForumName
from bot.ports import Match
from bot.previews import outline_request
from bot.registry import Registry

TREE = tuple(
    Board(BoardKey(str(at)), path[-1], path, f"https://forum.example/b/{at}")
    for at, path in enumerate(
        [("Region", "Elmsbury"), ("Region", "Oakton"), ("Talk", "Gardens of Oakton"), ("Lounge",)]
    )
)
BOTH = ["sandbox:b1", "sandbox:b2"]


async def asked(here, *words: str, caller: Caller = OPERATOR) -> Answer:
    """What `boards` answers."""
    return await carry_out(here.app, caller, "forum", ["boards", *words])


async def reader(here) -> Caller:
    """Somebody who may read and no more."""
    admin = await here.community()
    return Caller(ChatName("web"), admin.community, "Rae")


@pytest.fixture
def forum(here, monkeypatch):
    """The sandbox's forum, with boards by their short addresses: nothing serves its pages here."""
    forum = here.app.forums["sandbox"].forum
    assert isinstance(forum, SandboxForum)
    real = forum.boards

    async def boards():
        return tuple(Board(b.key, b.name, b.path, f"sandbox:{b.key}") for b in await real())

    monkeypatch.setattr(forum, "boards", boards)
    return forum


# --------------------------------------------------------------------------------------------------- listed, searched


async def test_a_board_is_shown_with_its_way_and_its_address(here, forum):
    """The address is what `mirror` takes."""
    answer = await asked(here, "sandbox")
    first, second = await forum.boards()
    assert answer.text == f"{' » '.join(first.path)}: sandbox:b1\n{' » '.join(second.path)}: sandbox:b2"
    shown = msgspec.convert(answer.data["boards"], list[Board])
    assert [board.key for board in shown] == ["b1", "b2"]
    assert (await asked(here, "sandbox:b1")).text == answer.text


def test_every_word_has_to_occur_in_name_or_way():
    """People remember half of a name, or the group it is in."""
    assert [board.name for board in having(TREE, "oakton")] == ["Oakton", "Gardens of Oakton"]
    assert [board.name for board in having(TREE, "OAK region")] == ["Oakton"]
    assert having(TREE, "") == TREE
    assert having(TREE, "oakton lounge") == ()


def test_where_nothing_is_found_it_is_said_what_there_is():
    """An empty answer would look like an empty forum."""
    assert none_has("du", TREE, "tea") == "no board of du has “tea”; there are 4 boards in all: Region, Talk"
    flat = [Board(BoardKey(str(n)), f"B{n}") for n in range(9)]
    assert none_has("du", flat, "tea").endswith("there are 9 boards in all: B0, B1, B2, B3, B4, B5, B6, B7, …")
    assert none_has("du", (), "tea") == "du lists no boards; give the address of one of them"


async def test_the_words_need_no_quotes(here, forum):
    """They are searched for one by one."""
    _, second = await forum.boards()
    answer = await asked(here, "sandbox", *second.name.upper().split(), second.name[:2])
    assert answer.text.endswith("sandbox:b2")
    answer = await asked(here, "sandbox", "no", "such", "words")
    assert not answer.ok
    assert answer.text.startswith("no board of sandbox has “no such words”; there are 2 boards in all: ")


async def test_a_reader_asks_of_what_is_mirrored_for_his_community_alone(here, forum):
    """Else anybody has any site opened and asked, and learns what other communities follow."""
    rae = await reader(here)
    for named in ("sandbox", "sandbox:b1", "https://www.democraticunderground.com/", "nonsense"):
        answer = await asked(here, named, caller=rae)
        assert not answer.ok, named
    assert set(here.app.forums) == {"sandbox"}
    await here.did("add", "sandbox:b1", "--into", "web:workshop")
    for named in ("sandbox", "sandbox:b2"):
        assert (await asked(here, named, caller=rae)).ok
    other = await here.community("elsewhere")
    assert not (await asked(here, "sandbox", caller=Caller(ChatName("web"), other.community, "Ray"))).ok


async def test_a_forum_that_lists_no_boards_says_what_to_do(here, monkeypatch):
    """Its boards can still be mirrored."""
    monkeypatch.setattr(here.app.forums["sandbox"], "forum", object())
    answer = await asked(here, "sandbox")
    assert answer.text == "sandbox does not list its boards; give the address of one of them"


# ------------------------------------------------------------------------------------------------------ many at once


async def mirrored(here) -> list[str]:
    """The boards that are mirrored."""
    return [key for (key,) in await here.rows("SELECT b.key FROM mirror m JOIN board b ON b.id=m.board ORDER BY b.key")]


async def test_all_boards_of_a_forum_are_mirrored_at_once_and_again_without_harm(here, forum):
    """One mirror for each, so that each can be ended alone."""
    answer = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:workshop")
    assert await mirrored(here) == ["b1", "b2"]
    lines = answer.text.splitlines()
    assert len(lines) == 3
    assert all("is mirrored into web:workshop now" in line for line in lines[:2])
    assert lines[2] == "2 mirrors made, 0 there already."
    again = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:workshop")
    assert again.text.endswith("\n0 mirrors made, 2 there already.")
    assert await mirrored(here) == ["b1", "b2"]


async def test_the_boards_that_have_the_words_are_mirrored(here, forum):
    """A group is named by its words."""
    _, second = await forum.boards()
    await here.did("add", "sandbox:", "--boards", second.name, "--into", "web:workshop", "--layout", "stream")
    assert await mirrored(here) == ["b2"]
    assert (await here.rows("SELECT layout FROM mirror")) == [("stream",)]
    answer = await here.failed("add", "sandbox:", "--boards", "tea", "--into", "web:workshop")
    assert "no board of sandbox has “tea”" in answer.text
    assert not (await here.failed("add", "sandbox:", "--boards", " ", "--into", "web:workshop")).ok


async def test_a_board_that_cannot_be_read_is_named_and_the_others_go_on(here, forum, monkeypatch):
    """One dead board must not cost the others; what is missing is made by the same command later."""
    real = forum.listing

    async def listing(board, since):
        if board == "b1":
            raise Unparsable("board b1: no threads found")
        return await real(board, since)

    monkeypatch.setattr(forum, "listing", listing)
    answer = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:workshop")
    assert answer.text.splitlines()[0] == "sandbox:b1 is not mirrored: board b1: no threads found"
    assert "1 mirror made, 0 there already, 1 failed: give the same command again" in answer.text
    assert await mirrored(here) == ["b2"]
    monkeypatch.setattr(forum, "listing", real)
    answer = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:workshop")
    assert answer.text.endswith("\n1 mirror made, 1 there already.")


@pytest.mark.parametrize(
    ("error", "why"),
    [(RateLimited("not so fast", 60), "wants a pause"), (Unreachable("nobody there"), "does not answer")],
)
async def test_a_host_that_wants_a_pause_or_is_silent_is_asked_nothing_more(here, forum, monkeypatch, error, why):
    """Fifty more requests would make it worse, or take an hour."""
    calls: list[str] = []

    async def locate(address):
        calls.append(address)
        raise error

    async def boards():
        return tuple(Board(BoardKey(f"b{n}"), f"B{n}", (), f"http://127.0.0.1:8080/forum/b/b{n}") for n in range(3))

    monkeypatch.setattr(forum, "locate", locate)
    monkeypatch.setattr(forum, "boards", boards)
    answer = await here.failed("add", "sandbox:", "--boards", "all", "--into", "web:workshop")
    assert len(calls) == 1
    assert answer.text.count(f"not tried (127.0.0.1:8080 {why})") == 2


async def test_too_many_boards_are_none(here, forum, monkeypatch):
    """Each is polled from then on: whoever means all of a large site means its list of new threads."""

    async def boards():
        return tuple(Board(BoardKey(f"b{n}"), f"Board {n}", (), f"sandbox:b{n}") for n in range(AT_ONCE + 1))

    monkeypatch.setattr(forum, "boards", boards)
    answer = await here.failed("add", "sandbox:", "--boards", "board", "--into", "web:workshop")
    assert f"{AT_ONCE + 1} boards of sandbox have “board”, and {AT_ONCE} can be mirrored at once" in answer.text
    assert await mirrored(here) == []


async def test_what_is_wrong_with_all_of_them_is_said_once(here, forum):
    """Fifty lines about one mistyped chat help nobody."""
    answer = await here.failed("add", "sandbox:", "--boards", "all", "--into", "wbe:workshop")
    assert answer.text == "there is no chat wbe in the settings; configured: web"


async def test_an_admin_mirrors_many_into_his_own_channels_only(here, forum):
    """The same walls stand as for one."""
    admin = await here.community()
    answer = await here.failed(
        "add", "sandbox:", "--boards", "all", "--into", "web:theirs:x", caller=await reader(here)
    )
    assert "is for this community's admins" in answer.text
    for into, why in (((), "say where to"), (("--into", "other:room"), "other:room is not in this community")):
        answer = await here.failed("add", "sandbox:", "--boards", "all", *into, caller=admin)
        assert answer.text.count("\n") == 0
        assert why in answer.text


# ------------------------------------------------------------------------------------------------------- saved lists


class Lists:
    """An adapter that reads lists: a line for each address behind the first."""

    name = "lists"
    looked_for = "a list"
    settings = None

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        return Match(0.9, ForumName("lists"), "it begins so") if page and page.startswith(b"LIST") else None

    def outline(self, page: bytes) -> tuple[str, ...]:
        first, *named = page.decode().splitlines()
        if first != "LIST":
            raise Unparsable("the list is broken")
        return tuple(named)

    def saved(self, page: bytes, address: str, settings: object) -> None:
        raise Unparsable("no thread found on the page")


@pytest.fixture
def registry(monkeypatch) -> Registry:
    registry = Registry()
    monkeypatch.setattr(registry, "installed", lambda kind: ["lists"])
    monkeypatch.setattr(registry, "forum", lambda name: Lists())
    return registry


def requested(tmp_path: Path, here, registry: Registry, page: str) -> dict:
    file = tmp_path / "feeds.opml"
    file.write_text(page, "utf-8")
    return outline_request(file, "", {"into": "web:workshop"}, registry, here.app.settings)


async def test_everything_that_a_saved_list_names_is_mirrored(here, forum, registry, tmp_path):
    """The addresses travel to the running program, and each is answered."""
    request = requested(tmp_path, here, registry, "LIST\nsandbox:b1\nsandbox:b9\nsandbox:b2\nsandbox:b1\n")
    answer = await here.app.handle(request)
    assert answer.ok
    assert await mirrored(here) == ["b1", "b2"]
    assert answer.text.splitlines()[1].startswith("sandbox:b9 is not mirrored: ")
    assert answer.text.splitlines()[3].startswith("2 mirrors made, 0 there already, 1 failed")


async def test_a_page_that_is_no_list_is_left_to_be_a_saved_thread(here, registry, tmp_path):
    """A file is taken for what it is, whatever it is called."""
    assert requested(tmp_path, here, registry, "a thread") == {}


async def test_a_broken_list_says_so(here, registry, tmp_path, monkeypatch):
    """That it is no thread either helps nobody who knows what he exported."""
    monkeypatch.setattr(Lists, "settings", type(here.app.settings.web))
    with pytest.raises(
        Unparsable, match=r"feeds.opml: the list is broken; as a saved page: no thread found on the page"
    ):
        requested(tmp_path, here, registry, "LISTEN\nsandbox:b1\n")


async def test_a_list_that_names_too_much_is_refused_as_a_whole(here, registry, tmp_path):
    """Which of them were left out, nobody would know."""
    with pytest.raises(ThreadlineError, match=f"names {NAMED + 1} addresses, and {NAMED} can be mirrored at once"):
        requested(tmp_path, here, registry, "LIST\n" + "".join(f"sandbox:b{n}\n" for n in range(NAMED + 1)))
