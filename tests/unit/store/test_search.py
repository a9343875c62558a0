"""Searching: what fits, in which order, for whom; and words that left a post are found by nobody, nowhere."""

import sqlite3

import pytest

from bot.indexer import Indexer
from bot.model import DAY, Author, PostState
from bot.schedule import Schedule
from bot.store import run
from bot.store.forums import forget_older
from bot.store.indexing import Words, forget_words, lacking, put_words, unindexed
from bot.store.mirrors import keep_private
from bot.store.search import LOOKED_THROUGH, search
from bot.store.sight import EVERYTHING, Sight
from bot.testing.log import RecordingLog
from bot.testing.store_rig import BEGINNING, op, post, text


class Library:
    """A mirrored board whose posts are put into the index."""

    def __init__(self, house):
        self.house = house
        self.log = RecordingLog()
        self.indexer = Indexer(house.store, Schedule(), self.log)

    async def arrive(self, *posts, key="t"):
        await self.house.arrive(*posts, key=key)
        await self.indexer.catch_up()

    async def search(self, words, sight=EVERYTHING, before=None, limit=10):
        return await self.house.store.read(search, words, sight, before, limit)

    async def keys(self, words, **how):
        keys = dict(await self.house.rows("SELECT id, key FROM post"))
        return [keys[hit.post] for hit in (await self.search(words, **how)).hits]


@pytest.fixture
async def library(mirrored):
    return Library(mirrored)


# ----------------------------------------------------------------------------------------------------------- what fits


async def test_every_word_must_occur_and_the_newest_stands_first(library):
    await library.arrive(
        op(words="cats and dogs"), post("p1", "dogs"), post("p2", "a dog; two cats"), post("p3", "Dogs, cats!")
    )
    assert await library.keys("cats dogs") == ["p3", "p0"]
    assert await library.keys("CATS") == ["p3", "p2", "p0"]


async def test_a_phrase_stands_together_and_a_star_lets_a_word_go_on(library):
    await library.arrive(op(words="the big tent"), post("p1", "a tent, big"), post("p2", "tents"))
    assert await library.keys('"big tent"') == ["p0"]
    assert await library.keys("tent*") == ["p2", "p1", "p0"]
    assert await library.keys("te*") == [], "too short to begin with: it is a word"


async def test_titles_are_found_and_authors_where_they_are_asked_for(library):
    await library.arrive(op(title="Gardening", words="x"), post("p1", "by the sea", author=Author("Bea Marsh")))
    assert await library.keys("gardening") == ["p0"]
    assert await library.keys("author:marsh sea") == ["p1"]
    assert await library.keys('author:"bea marsh"') == ["p1"]
    assert await library.keys("marsh") == [], "a name that occurs everywhere would hide what is said of somebody"


async def test_a_board_is_named_by_its_words_or_as_offers_do(library):
    await library.arrive(op(words="cats"))
    assert await library.keys("in:lounge cats") == ["p0"]
    assert await library.keys('in:"forum lounge" cats') == ["p0"]
    assert await library.keys(f"board:{library.house.board} cats") == ["p0"]
    assert await library.keys("in:kitchen cats") == []
    assert (await library.search("in:lounge")).hits == (), "boards alone are a list, and no search"


async def test_words_are_found_whatever_their_accents_and_scripts(library):
    await library.arrive(op(words="Café crème"), post("p1", "我喜欢猫和狗"))
    assert await library.keys("cafe") == ["p0"]
    assert await library.keys("喜欢") == ["p1"]
    assert await library.keys("欢喜") == []
    [hit] = (await library.search("喜欢")).hits
    assert hit.snippet == "我**喜欢**猫和狗"


@pytest.mark.parametrize(
    "words",
    ["", "*", '"', '""', '"""', "NEAR(a b)", "a AND", "OR", "title:", "author:", 'author:"', "in:", "-", "^a", "a^b",
     "(", "a)", "{title} : a", "\x00", "a\x00b", "\ud800", "'; DROP TABLE post", "+", "a + b", ":", "::", "x" * 5000,
     "a " * 3000, '"a' * 300, "🙂", "board:99999999999999999999999 a", "%s {} $1"],
)  # fmt: skip
async def test_no_search_is_a_mistake(library, words):
    """The index has a language of its own; nobody who searches speaks it."""
    await library.arrive(op(words="a b title"))
    await library.search(words)


# ------------------------------------------------------------------------------------------------------- what is shown


async def test_a_hit_says_where_it_stands_and_what_stands_around_the_words(library):
    words = " ".join(f"word{n}" for n in range(100)) + " *needle* [x](y) " + " ".join(f"more{n}" for n in range(100))
    await library.arrive(op(words="x"), post("p1", words, number=7, link="https://f.example/7", author=Author("Bea")))
    [hit] = (await library.search("needle")).hits
    assert (hit.author, hit.number, hit.link, hit.board, hit.op) == ("Bea", 7, "https://f.example/7", "Lounge", False)
    assert "**needle**" in hit.snippet
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 400
    assert r"\[x\](y)" in hit.snippet, "foreign words mean nothing in an answer"


async def test_pages_follow_each_other_without_a_gap_and_end(library):
    await library.arrive(op(words="cat"), *(post(f"p{n}", "cat") for n in range(1, 8)))
    first = await library.search("cat", limit=3)
    assert len(first.hits) == 3
    keys = await library.keys("cat", before=first.before, limit=3)
    assert keys == ["p4", "p3", "p2"]
    second = await library.search("cat", before=first.before, limit=3)
    last = await library.search("cat", before=second.before, limit=3)
    assert (len(last.hits), last.before) == (2, None)


async def test_what_the_index_lacks_is_counted(library):
    await library.house.arrive(op(words="cat"), post("p1", "cat"))
    found = await library.search("cat")
    assert (found.hits, found.lacking) == ((), 2)
    await library.indexer.catch_up()
    assert (await library.search("cat")).lacking == 0


# ----------------------------------------------------------------------------------------------------------- who sees


async def test_another_community_finds_nothing_of_what_it_does_not_mirror(library):
    """Law 12."""
    await library.arrive(op(words="cat"))
    ours = library.house.community
    assert await library.keys("cat", sight=Sight(ours)) == ["p0"]
    assert await library.keys("cat", sight=Sight(ours + 1)) == []


async def test_what_guests_of_the_forum_cannot_read_is_found_in_its_own_channel_alone(library):
    await library.arrive(op(words="cat"))
    [[mirror, place]] = await library.house.rows("SELECT id, place FROM mirror")
    await library.house.store.write(keep_private, mirror)
    assert await library.keys("cat", sight=Sight(library.house.community)) == []
    assert await library.keys("cat", sight=Sight(library.house.community, place)) == ["p0"]


async def test_one_search_looks_at_so_many_posts_and_can_go_on(library):
    """Of a forum of which a community sees little, everything that has the words would be gone through."""
    await library.arrive(op("a0", "cat"), key="old")
    await library.house.store.write(run, "UPDATE thread SET board=NULL")
    await library.house.store.write(run, "DELETE FROM listing")
    [[thread]] = await library.house.rows("SELECT id FROM thread WHERE key='old'")
    place = await library.house.channel("den")
    await library.house.store.write(
        run,
        """INSERT INTO mirror (community, thread, place, layout, replies, start_seq, state, made_by, made_at)
           VALUES ($1, $2, $3, 'threads', 'all', 0, 'active', 'Ada', 0)""",
        library.house.community, thread, place,
    )  # fmt: skip
    await library.arrive(op("b0", "x"), *(post(f"b{n}", "cat") for n in range(1, LOOKED_THROUGH + 10)), key="new")
    await library.house.store.write(run, "UPDATE thread SET board=NULL")
    await library.house.store.write(run, "DELETE FROM listing")
    first = await library.search("cat", sight=Sight(library.house.community))
    assert first.hits == ()
    assert first.before is not None
    assert await library.keys("cat", sight=Sight(library.house.community), before=first.before) == ["a0"]


# ------------------------------------------------------------------------------------------------------- what has left


async def test_an_edited_post_is_found_by_its_new_words_alone(library):
    await library.arrive(op(words="cat"))
    await library.arrive(op(words="dog"))
    assert (await library.keys("cat"), await library.keys("dog")) == ([], ["p0"])


@pytest.mark.parametrize("state", [PostState.DELETED, PostState.HIDDEN])
async def test_a_dead_post_is_not_found_even_before_the_index_knows(library, state):
    await library.arrive(op(words="x"), post("p1", "cat"))
    await library.house.arrive(op(words="x"), post("p1", "cat", state=state))
    assert await library.keys("cat") == []
    await library.indexer.catch_up()
    assert await library.house.value("SELECT count(*) FROM lookup") == 1
    await library.arrive(op(words="x"), post("p1", "cat"))
    assert await library.keys("cat") == ["p1"], "one that is shown again is found again"


async def test_what_befell_a_thread_is_no_post(library):
    await library.arrive(op(words="x"), post("p1", "closed by cat", event=True))
    assert await library.keys("cat") == []
    assert await library.house.store.read(lacking) == 0


def held(path) -> bytes:
    """Everything that the tables of the index hold."""
    with sqlite3.connect(path) as con:
        rows = con.execute("SELECT block FROM lookup_data UNION ALL SELECT CAST(c1 AS BLOB) FROM lookup_content")
        found = b"\n".join(bytes(block or b"") for (block,) in rows)
    con.close()
    return found


async def test_the_words_of_a_deleted_post_leave_the_index(library):
    """Law 10: its text left the post; what the index kept of it could be put together again."""
    await library.arrive(op(words="x"), post("p1", "xylophagous"), post("p2", "zymurgy"))
    assert b"xylophag" in held(library.house.store.path)
    await library.arrive(op(words="x"), post("p2", "zymurgy"))
    await forget_words(library.house.store, BEGINNING)
    assert b"xylophag" not in held(library.house.store.path)
    assert await library.keys("zymurgy") == ["p2"]


async def test_the_index_is_written_anew_once_a_day_and_only_where_words_left_it(library):
    """Written anew is all of it: with millions of posts that takes minutes of reading and writing."""
    await library.arrive(op(words="x"), post("p1", "cat"))
    await forget_words(library.house.store, BEGINNING)
    assert await library.house.rows("SELECT * FROM progress") == []
    await library.arrive(op(words="x"), post("p1", "dog"))
    await forget_words(library.house.store, BEGINNING)
    await library.arrive(op(words="x"), post("p1", "xylophagous"))
    await library.arrive(op(words="x"), post("p1", "bird"))
    await forget_words(library.house.store, BEGINNING + DAY - 1)
    assert b"xylophag" in held(library.house.store.path)
    await forget_words(library.house.store, BEGINNING + DAY)
    assert b"xylophag" not in held(library.house.store.path)


async def test_a_text_that_is_kept_no_longer_is_found_no_longer_and_its_title_still_is(library):
    await library.arrive(op(title="Gardening", words="cat"))
    await library.house.send()
    await library.house.store.write(forget_older, BEGINNING + DAY)
    await library.indexer.catch_up()
    assert (await library.keys("cat"), await library.keys("gardening")) == ([], ["p0"])


async def test_a_text_that_leaves_while_it_is_read_does_not_come_back(library):
    await library.house.arrive(op(words="cat"))
    await library.house.send()
    some = await library.house.store.read(unindexed)
    await library.house.store.write(forget_older, BEGINNING + DAY)
    assert await library.house.store.write(put_words, [Words(one, "cat") for one in some]) == 0
    assert await library.keys("cat") == []


async def test_a_post_that_cannot_be_read_keeps_no_other_from_the_index(library):
    await library.arrive(op(title="Gardening", body=text("cat", "runes")), post("p1", "cat"))
    assert await library.keys("cat") == ["p1"]
    assert await library.keys("gardening") == ["p0"]
