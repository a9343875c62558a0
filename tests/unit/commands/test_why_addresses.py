"""`why ADDRESS`: people copy what their browser shows, on whatever host; the ports say what it names."""

import pytest

from bot.model import (
    Author,
    Board,
    BoardKey,
    Parent,
    ParentState,
    Post,
    PostKey,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
    body,
)
from bot.store.forums import ensure_board, ensure_forum, ensure_thread
from bot.store.ingest import ingest_thread
from bot.store.mirrors import add_mirror
from bot.store.places import ensure_channel
from bot.store.sources import ensure_source, source

DU = "democratic_underground"
BASE = "https://www.democraticunderground.com/10142016684"


async def test_a_chat_message_is_named_by_its_page(mirrored):
    message = await mirrored.say("I agree")
    told = await mirrored.why(message)
    assert await mirrored.why(f"http://127.0.0.1:8080/chat/m/{message}") == told
    assert await mirrored.why(f"http://localhost:8080/chat/c/workshop/m2#{message}") == told


async def test_a_message_that_shows_a_post_is_named_by_its_page(mirrored):
    [[message]] = await mirrored.rows("SELECT message FROM copy_message")
    assert (await mirrored.why(f"http://127.0.0.1:8080/chat/m/{message}")).startswith("OP Talk")


@pytest.mark.parametrize(
    "address", ["sandbox:t1", "http://127.0.0.1:8080/forum/t/t1", "http://localhost:8080/forum/t/t1", "sandbox:p1"]
)
async def test_a_thread_s_address_means_its_op(mirrored, address):
    assert (await mirrored.why(address)).startswith("OP Talk")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8080/forum/t/t1#p2",
        "http://localhost:8080/forum/t/t1#p2",
        "http://localhost:8080/forum/p/p2",
        "127.0.0.1:8080/forum/t/t1#p2",
        "sandbox:p2",
        "sandbox:t1#p2",
        "sandbox:t1#1",
        " #1 ",
    ],
)
async def test_a_post_s_address_means_that_post(mirrored, address):
    await mirrored.board.post(mirrored.thread, "", "Ann", "", "words")
    await mirrored.settle()
    assert (await mirrored.why(address)).startswith("#1 ")


@pytest.mark.parametrize(
    "address",
    [
        "http://forum.example/forum/t/t1",
        "http://127.0.0.1:9999/forum/t/t1",
        "sandbox:t9",
        "sandbox:t1#9",
        "http://127.0.0.1:8080/forum/t/t1#p9",
        "#9",
        "http://[",
        "\ud800",
    ],
)
async def test_what_names_nothing_here_is_said_to(mirrored, address):
    assert "no post here goes by" in (await mirrored.failed("why", address)).text


def page() -> ThreadPage:
    thread = Thread(ThreadKey("10142016684"), "News", BASE, Board(BoardKey("1014"), "Latest Breaking News"))
    posts = [
        Post(PostKey("10142016684#OP"), Author("Ann"), at(0), body("one", "plain"), BASE, "News", op=True,
             parent=Parent(ParentState.NONE)),
        *(
            Post(PostKey(f"10142016684#{n}"), Author("Bo"), at(n), body("two", "plain"), f"{BASE}#post{n}", number=n,
                 position=n)
            for n in range(1, 7)
        ),
    ]  # fmt: skip
    return ThreadPage(thread, tuple(posts))


@pytest.fixture
async def news(here):
    """A thread of a forum that is not in the settings and does not answer."""

    def unit():
        forum = yield from ensure_forum(DU, DU, "{}")
        yield from ensure_board(forum, Board(BoardKey("1014"), "Latest Breaking News"))
        row = yield from ensure_thread(forum, page().thread, False)
        own = yield "INSERT INTO community (chat, native, name) VALUES ('web', '', 'web') RETURNING id", ()
        place = yield from ensure_channel(own[0][0], "web", "workshop", "workshop")
        yield from add_mirror(own[0][0], None, row.id, place, "threads", "none", "Ann", 0)
        reader = yield from source((yield from ensure_source(forum, None, row.id, None)))
        yield from ingest_thread(reader, page(), None, 0)

    await here.app.store.write(unit)
    return here


@pytest.mark.parametrize(
    "address",
    [
        f"{BASE}#post5",
        "www.democraticunderground.com/10142016684#post5",
        "ww.democraticunderground.org/10142016684#post5",
        "http://upload.democraticunderground.net/10142016684#post5",
        "https://en.democraticunderground.com/?com=view_post&forum=1014&pid=2016684#post5",
        "10142016684#5",
    ],
)
async def test_a_post_is_found_under_any_name_of_its_host(news, address):
    """Without asking the site: people ask why when it does not answer."""
    text = await news.why(address)
    assert text.splitlines()[0] == f"#5 News <{BASE}#post5>"


@pytest.mark.parametrize("address", [f"{BASE}", "ww.democraticunderground.org/10142016684"])
async def test_a_thread_is_found_under_any_name_of_its_host(news, address):
    assert (await news.why(address)).startswith("OP News")


async def test_signs_of_patterns_in_a_link_mean_themselves(news):
    """`_` and `%` are in many addresses."""
    await news.rows("UPDATE post SET link='/a_c%' WHERE number=5")
    assert (await news.why("https://elsewhere.example/a_c%")).startswith("#5")
    assert "no post here" in (await news.failed("why", "https://elsewhere.example/abcd")).text
    assert "no post here" in (await news.failed("why", "c%")).text


async def test_a_chat_that_is_not_configured_any_more_stops_nothing(news):
    await news.rows("UPDATE place SET chat='gone'")
    assert (await news.why("ww.democraticunderground.org/10142016684#post5")).startswith("#5")
