"""What may come in at the store's door, and what becomes of the rest."""

import msgspec
import pytest

from bot.model import BoardKey, Bookmark, Damaged, Listing, PostKey, Thread, ThreadKey, ThreadPage
from bot.store.storable import Unstorable, sound, sound_listing, sound_page, storable, whole
from bot.testing.store_rig import BOARD, op, post

THREAD = Thread(ThreadKey("t"), "A thread")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("naïve 😀", "naïve 😀"),
        ("nul\0", "nul\ufffd"),
        ("é\0", "é\ufffd"),
        ("half\ud83d", "half\ufffd"),
        ("\ude00é", "\ufffdé"),
        ("\udcff\0", "\ufffd\ufffd"),
    ],
)
def test_text_is_of_whole_characters(text, kept):
    assert storable(text) == kept
    kept.encode()


@pytest.mark.parametrize("value", [None, 0, -(2**63), 2**63 - 1, 1.5, b"\xff\0", True])
def test_what_every_engine_can_hold_stays_as_it_is(value):
    assert storable(value) is value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**5000], ids=["one more", "one less", "digits"])
def test_longer_numbers_are_refused(value):
    """A number cut short is another number, and would pass for a true one."""
    with pytest.raises(Unstorable, match="64 bits"):
        storable(value)


def test_what_is_sound_is_not_made_anew():
    """That is nearly everything, and costs nearly nothing."""
    page = ThreadPage(THREAD, (op(), post("p1")), bookmark=Bookmark("x"))
    assert sound_page(page) is page
    assert sound(page) is page
    wordy = ThreadPage(THREAD, (post("p1", "1234567890123456789012 is a long number"),))
    assert sound_page(wordy) == wordy
    listing = Listing(BOARD, (THREAD,))
    assert sound_listing(listing) is listing


def test_a_post_that_cannot_be_kept_is_damaged_and_its_neighbours_stay():
    bad = msgspec.structs.replace(post("p1", "its words"), key=PostKey("p\ud800"), number=2**63)
    page = sound_page(ThreadPage(THREAD, (op(), bad, post("p2")), complete=True, damaged=(Damaged("no author", b"x"),)))
    assert [one.key for one in page.posts] == ["p0", "p2"]
    assert page.damaged[0] == Damaged("no author", b"x")
    assert (page.damaged[1].key, page.damaged[1].sample) == ("p\ufffd", b"its words")


def test_every_text_of_a_page_is_mended():
    page = ThreadPage(
        msgspec.structs.replace(THREAD, title="A\0", board=msgspec.structs.replace(BOARD, path=("a\ud800",))),
        (msgspec.structs.replace(op("p0", "wo\ud800rds"), key=PostKey("p\0")),),
        bookmark=Bookmark("c\0"),
        damaged=(Damaged("w\ud800", b"", "k\0"),),
    )
    mended = sound_page(page)
    assert sound_page(mended) is mended
    assert (mended.thread.title, mended.thread.board and mended.thread.board.path) == ("A\ufffd", ("a\ufffd",))
    assert (mended.posts[0].key, mended.posts[0].body.text) == ("p\ufffd", "wo\ufffdrds")
    assert (mended.bookmark.cursor, mended.damaged[0].key) == ("c\ufffd", "k\ufffd")


@pytest.mark.parametrize("replies", [2**64, -(10**5000)], ids=["bits", "digits"])
def test_a_count_of_replies_that_makes_no_sense_is_unknown(replies):
    """It is the forum's own count and decides nothing; the thread is worth more."""
    odd = Thread(ThreadKey("t"), "A thread", replies=replies)
    assert sound_page(ThreadPage(odd, (op(),))) == ThreadPage(THREAD, (op(),))
    assert sound_listing(Listing(BOARD, (odd,))).threads == (THREAD,)


def test_a_listing_is_mended_as_a_page_is():
    board = msgspec.structs.replace(BOARD, key=BoardKey("b\0"))
    listing = sound_listing(Listing(board, (Thread(ThreadKey("t\ud800"), "A"),), Bookmark("c\0")))
    assert (listing.board.key, listing.threads[0].key, listing.bookmark.cursor) == ("b\ufffd", "t\ufffd", "c\ufffd")


def test_a_text_is_mended_once():
    assert whole(whole("\0\ud800")) == "\ufffd\ufffd"
