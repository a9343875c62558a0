"""What befalls a thread, between a forum and a chat: shown quietly, and what is said to it goes to the thread."""

from pathlib import Path

import pytest

from adapters.chats.discord import adapter as discord
from adapters.chats.matrix import adapter as matrix
from adapters.chats.web import adapter as web
from bot import markup
from bot.model import Card, CardKind, at
from bot.testing.clock import NOON
from tests.crash.bench import Bench

REMARK = Card(
    CardKind.REMARK, body=markup.read("mod: closed the thread", "plain"), link="https://f.example/t/1", when=at(NOON)
)


@pytest.fixture
async def bench(tmp_path: Path):
    one = Bench(tmp_path)
    await one.start()
    yield one
    await one.crash()


async def test_what_is_said_to_a_remark_answers_the_thread(bench):
    thread = bench.board.start_thread("Talk", "The opening words", "ann")
    await bench.mirror(thread)
    await bench.work()
    bench.board.befall(thread, "closed the thread")
    await bench.work()
    [remark] = [message for message in bench.room.ours() if "mod: closed the thread" in message.text]
    bench.room.person("Zoe").say(remark.where, "Why?", remark.id)
    await bench.pass_time(60)
    [said] = [row for row in bench.board.posts.values() if row.ours]
    assert (said.text, said.parent) == ("Why?", "")


@pytest.mark.parametrize("adapter", [discord, matrix, web], ids=lambda one: one.name)
def test_every_chat_shows_a_remark_in_one_message_that_names_nobody_as_its_author(adapter):
    [payload] = adapter.render(REMARK)
    shown = adapter.sketch(payload)
    assert "mod: closed the thread" in shown
    assert "#" not in shown
    assert not payload.get("author")
    assert not payload.get("speaker")
