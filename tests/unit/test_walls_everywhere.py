"""Every command and every completion there is, asked by one community for what is another's (law 12).

They are taken from the catalogue: one that is added is asked too, and a value that it takes and that nobody thought of
here makes this fail.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.commands import CATALOGUE, carry_out
from bot.commands.suggesting import SUGGESTS, suggest
from bot.model import Answer, Caller, Command, UserId
from bot.store.marks import mark_posts, mark_thread
from bot.store.mirrors import mirrors
from bot.store.readers import STARS, Wishes, meet, wish
from tests.lines import HARMLESS
from tests.lines import words as given
from tests.unit.town import ATTIC, LOUNGE, THEIRS, WHISPERED, Town, about_theirs, furnished

OF_THE_FORUM = {("mirror", "add"): "address"}
"""What names something of the forum's own, whoever mirrors it: the forum is asked for it, as a guest asks."""

LISTED = {("forum", "boards"): ["gamma"]}
"""What the forum tells of itself to everybody."""


class Neighbours:
    """A town in which Bea reads, too, and what Alice could name of hers."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.bench = town.bench

    async def build(self) -> Neighbours:
        """Bea read some of her thread, follows it and has wishes of her own; a board of hers is mirrored besides."""
        town, write = self.town, self.bench.store.write
        board = self.bench.board.add_board("Gamma")
        self.bench.board.start_thread("Gamma of theirs", "the gamma begins", "ben", board)
        assert (await town.ask(town.bea, f"add https://forum.example/b/{board} --start yes")).ok
        await self.bench.work()
        self.bea = msgspec.structs.replace(town.bea, id=UserId("u-bea"), where=ATTIC)
        who = ("fake", "u-bea", "Bea", town.bea.community, ATTIC)
        self.person = (await write(meet, *who, self.bench.clock.now())).person
        [(self.thread,)] = await self.bench.ask("SELECT id FROM thread WHERE title=$1", THEIRS)
        rows = await self.bench.ask("SELECT id, seq, key FROM post WHERE thread=$1 ORDER BY seq", self.thread)
        self.posts = [id for id, _, _ in rows]
        self.keys = [key for _, _, key in rows]
        await write(mark_thread, self.person, self.thread, rows[1][1])
        await write(mark_posts, self.person, self.posts[3:4])
        await write(wish, self.person, Wishes(stars=STARS + 2, zone="Europe/Berlin"))
        self.boards = [id for (id,) in await self.bench.ask("SELECT id FROM board WHERE name='Gamma'")]
        self.key = board
        assert (await town.ask(town.bea, f"add https://forum.example/b/{board} --layout stream")).ok
        self.proposals = [str(id) for (id,) in await self.bench.ask("SELECT id FROM proposal")]
        self.bench.board.users["beatrix"] = False
        for group, line in self.doings():
            answer = await carry_out(self.bench, self.bea, group, line.split())
            assert answer.ok, f"{line}: {answer}"
        self.said = next(m.id for m in self.bench.room.messages.values() if WHISPERED in m.text)
        self.shown = [m.id for m in self.bench.room.ours(ATTIC)]
        self.mirrors = [mirror.id for mirror in await self.bench.store.read(mirrors, town.bea.community)]
        return self

    def doings(self) -> list[tuple[str, str]]:
        """What Bea did with what is hers."""
        return [
            ("forum", f"follow thread:{self.thread}"),
            ("forum", "alert beta"),
            ("forum", "digest 08:00"),
            ("forum", "quiet 22:00-07:00"),
            ("mirror", f"hide post:{self.posts[4]}"),
            ("mirror", f"pause {self.town.mirror}"),
            ("mirror", "grant fake beatrix Bea"),
        ]

    def askers(self) -> list[Caller]:
        """Somebody of the other community who only reads there, and its admin."""
        alice = msgspec.structs.replace(self.town.alice, id=UserId("u-alice"), where=LOUNGE)
        return [msgspec.structs.replace(alice, person="Alf", id=UserId("u-alf"), admin=False), alice]

    def values(self) -> dict[str, list[str]]:
        """By the name of a parameter: everything of Bea's that can be named there."""
        messages = [f"https://chat.example/m/{id}" for id in (self.said, self.shown[0])]
        thread = f"https://forum.example/t/{self.town.beta}"
        links = [thread, f"{thread}#{self.keys[0]}", f"https://forum.example/b/{self.key}"]
        offered = [f"board:{self.boards[0]}", f"thread:{self.thread}", f"post:{self.posts[0]}"]
        named = [
            *offered,
            *links,
            *messages,
            *self.keys[:1],
            self.said,
            "#1",
            "op",
            "all",
            "Beta",
            "Gamma",
            "whispered",
        ]
        numbers = [str(number) for number in self.mirrors]
        held = [str(number) for number in self.town.held]
        return {
            "address": links,
            "author": ["ben", "Zed", *messages],
            "board": named,
            "channel": ["fake:attic", "attic", "#attic"],
            "chat": ["fake", "fake:u-bea"],
            "delivery": [*held, f"source:{self.town.source}"],
            "forum": ["fake", links[0]],
            "into": ["fake:attic", "fake:Attic", "fake:#attic"],
            "link": [*messages, *links],
            "message": [*messages, self.said, self.shown[0]],
            "mirror": numbers,
            "person": ["Bea", "u-bea", "<@u-bea>"],
            "post": named,
            "proposal": self.proposals,
            "user": ["beatrix"],
            "what": named,
            "words": named,
        }


@pytest.fixture
async def neighbours(tmp_path: Path) -> AsyncIterator[Neighbours]:
    async with furnished(tmp_path) as town:
        yield await Neighbours(town).build()


def lines(command: Command, theirs: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """The values of a command in every form in which it can name something of another's; once, where it cannot."""
    least: dict[str, str] = {}
    whole: dict[str, str] = {}
    free = OF_THE_FORUM.get((command.group, command.name))
    for one in command.parameters:
        if one.name == free:
            fitting = ["https://forum.example/t/t1"]
        elif one.choices:
            fitting = list(one.choices)
        else:
            fitting = [HARMLESS[one.name]] if one.name in HARMLESS else theirs[one.name]
        whole[one.name] = fitting[0]
        if one.required:
            least[one.name] = fitting[0]
    yield least
    yield whole
    for one in command.parameters:
        if one.name != free:
            for value in one.choices or theirs.get(one.name, ()):
                yield least | {one.name: value}
                yield whole | {one.name: value}


def shown(answer: Answer, words: list[str]) -> list[str]:
    """What of another community an answer shows that whoever asked had not said themselves."""
    said = " ".join([answer.text, str(answer.data), *(f"{offer.label} {offer.line}" for offer in answer.offers)])
    for word in re.findall(r"\w{3,}", " ".join(words)):
        said = re.sub(rf"\b{word}\b", "", said, flags=re.IGNORECASE)
    return about_theirs(Answer(said))


async def rows_of_others(neighbours: Neighbours) -> set[tuple[Any, ...]]:
    """Every row of the database that is not of the community that asks, nor of its people."""
    ask, ours = neighbours.bench.ask, neighbours.town.alice.community
    own: dict[str, set[object]] = {
        "community": {ours},
        "user_id": {"u-alice", "u-alf"},
        "person": {id for (id,) in await ask("SELECT person FROM identity WHERE user_id LIKE 'u-al%'")},
        "thread": {id for (id,) in await ask("SELECT id FROM thread WHERE key=$1", neighbours.town.alpha)},
        "place": {id for (id,) in await ask("SELECT id FROM place WHERE community=$1", ours)},
    }
    own["queue"] = own["channel"] = own["place"]
    own_ids = {name: own[name] for name in ("community", "person", "place", "queue", "thread")}
    found: set[tuple[Any, ...]] = set()
    tables = await ask("SELECT name, sql FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'")
    index = tuple(f"{name}_" for name, sql in tables if sql.startswith("CREATE VIRTUAL"))
    for name, sql in tables:
        if sql.startswith("CREATE VIRTUAL") or (index and name.startswith(index)):
            continue
        columns = [column for _, column, *_ in await ask(f"PRAGMA table_info({name})")]
        for row in await ask(f"SELECT * FROM {name}"):
            cells = dict(zip(columns, row, strict=True))
            if any(cells[column] in values for column, values in own.items() if column in cells):
                continue
            if cells.get("id") not in own_ids.get(name, ()):
                found.add((name, *row))
    return found


async def test_what_every_command_takes_is_known_here(neighbours):
    """A new one would be left out else."""
    theirs = neighbours.values()
    unknown = [
        f"{command.group} {command.name}: {one.name}"
        for command, _ in CATALOGUE.values()
        for one in command.parameters
        if not one.choices and one.name not in HARMLESS and one.name not in theirs
    ]
    assert unknown == [], "say what of another community's can be named there, or that nothing can"


@pytest.mark.parametrize("group", ["forum", "mirror"])
async def test_no_command_shows_or_touches_what_is_another_communitys(neighbours, group):
    """In whatever way it is named, to readers and admins alike."""
    theirs = neighbours.values()
    commands = [command for command, _ in CATALOGUE.values() if command.group == group]
    for command in commands:
        before = await rows_of_others(neighbours)
        asked = [given(command, values) for values in lines(command, theirs)]
        own = [*itertools.chain(*asked), *LISTED.get((group, command.name), ())]
        for words, who in itertools.product(asked, neighbours.askers()):
            answer = await carry_out(neighbours.bench, who, group, words)
            assert shown(answer, own) == [], f"{who.person}: {group} {words}: {answer}"
        lost = before - await rows_of_others(neighbours)
        assert lost == set(), f"{group} {command.name}"


@pytest.mark.parametrize("parameter", sorted(SUGGESTS))
async def test_no_completion_shows_what_is_another_communitys(neighbours, parameter):
    """It is asked with every letter that somebody types, and by everybody."""
    before = await rows_of_others(neighbours)
    for who, group, words in itertools.product(neighbours.askers(), ("forum", "mirror"), ("", "b", "beta", "gamma")):
        offered = await suggest(neighbours.bench, who, group, parameter, words)
        told = " ".join(f"{one.value} {one.label}" for one in offered)
        assert about_theirs(Answer(told)) == [], f"{who.person}: {group} {parameter} {words}"
    assert before - await rows_of_others(neighbours) == set()


async def test_the_other_community_is_shown_its_own(neighbours):
    """Else what is looked for above would be looked for in vain."""
    for name in ("list", "held"):
        assert shown(await carry_out(neighbours.bench, neighbours.bea, "mirror", [name]), []) != [], name
