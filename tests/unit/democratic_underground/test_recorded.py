"""Recorded pieces of other pages: what they prove, and that they are no threads."""

import re
from pathlib import Path

import pytest

from adapters.forums.democratic_underground import addresses, index_text, taxonomy
from adapters.forums.democratic_underground.listing import listing
from adapters.forums.democratic_underground.parse import read_lines
from adapters.forums.democratic_underground.parse_html import Tag, attributes, pieces
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import BoardKey

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "democratic-underground"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recordings in {RECORDED} are not here")


def test_the_text_of_a_board_is_no_thread_and_lists_none(read):
    """Titles and authors are lost in it."""
    page = (RECORDED / "forum_index_1202_text.txt").read_bytes()
    with pytest.raises(Unparsable, match="the list of Writing as text"):
        read(page)
    rules = checked(Settings())
    board = taxonomy.board(BoardKey("1202"), rules)
    with pytest.raises(Unparsable, match="names none of them"):
        listing(page, board, rules)
    found = index_text.read(read_lines(page, rules).lines)
    assert found is not None
    assert found.stray == ()
    assert len(found.rows) == 9
    assert (found.rows[0].replies, found.rows[0].last, found.rows[0].views) == (1, "Friday", 497)
    before = " ".join(f"1202{n}={row.replies}" for n, row in enumerate(found.rows))
    assert listing(page, board, rules, before).gap == ""


def test_every_board_of_the_home_page_is_found():
    """With the name that the page gives it."""
    page = (RECORDED / "home_2018_excerpts.html").read_bytes()
    found = {board.key: board.name for board in taxonomy.boards(page, checked(Settings()))}
    assert {key: found[BoardKey(key)] for key in ("1035", "1127", "1228", "1256")} == {
        "1035": "Musicians",
        "1127": "Environment & Energy",
        "1228": "Science",
        "1256": "Help",
    }


def test_every_link_of_the_home_page_to_a_thread_or_board_is_understood(read):
    """They are what people copy."""
    page = (RECORDED / "home_2018_excerpts.html").read_text(encoding="utf-8")
    links = [attributes(rest).get("href", "") for tag, name, rest in pieces(page) if (tag, name) == (Tag.OPEN, "a")]
    threads = [link for link in links if re.match(r"/\d", link)]
    boards = [link for link in links if "com=forum&" in link]
    assert len(threads) >= 6
    assert len(boards) >= 4
    for link in threads:
        place = addresses.read(link)
        assert place is not None
        assert place.thread == link[1:]
        assert place.board == link[1:5]
    for link in boards:
        place = addresses.read(link)
        assert place is not None
        assert not place.thread
    with pytest.raises(Unparsable):
        read(page)
