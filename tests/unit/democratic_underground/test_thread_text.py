"""Page texts: what counts as a header, as a row, as a body, and what does not."""

import pytest

from adapters.forums.democratic_underground import addresses
from adapters.forums.democratic_underground.parse import digest, thread_page
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import BodyState, ParentState, ThreadPage

BLOCK_1 = "Mrs. Barnaby\n\n(1 post)\n1. About time n/t\nFri Oct 30, 2015, 09:40 AM\nOct 2015\n\n"
BLOCK_3 = "kettle\n\n(1,203 posts)\n3. So do I\nMon Nov 2, 2015, 10:00 AM\nNov 2015\n\nOn Fridays.\n\n"
FOOTER = "Latest Discussions»"


def states(page: ThreadPage) -> list[str]:
    return [post.body.state.value for post in page.posts]


def test_a_reply_with_a_block_and_no_text_is_empty(read, text):
    """A title-only post has no text and will have none; it must not wait for one."""
    post = read(text).posts[1]
    assert post.title == "About time n/t"
    assert post.body.state is BodyState.EMPTY


def test_a_reply_without_a_block_is_unknown_and_counted(read, text):
    """It is listed, so it exists; its text is to be filled in when a later page has it."""
    page = read(text)
    assert states(page) == ["present", "empty", "present", "unknown", "unknown"]
    assert page.complete
    assert page.posts[3].title == "So do I"


def test_a_filled_in_block_keeps_the_key_of_its_row(read, text):
    """Else the reply would be shown a second time."""
    later = read(text.replace(FOOTER, BLOCK_3 + FOOTER))
    assert [post.key for post in later.posts] == [post.key for post in read(text).posts]
    assert later.posts[3].body.text == "On Fridays."
    assert later.posts[3].created.exact


def test_a_title_may_end_like_a_row(read, text):
    """The number that counts is the last one on the line."""
    assert read(text).posts[2].title == "I remember Elm Street, part #3"


def test_names_may_hold_spaces(read, text):
    """A row is split at the name of a known author, of an unknown one at the last word and its form of address."""
    page = read(text)
    assert page.posts[1].author.name == "Mrs. Barnaby"
    assert (page.posts[4].title, page.posts[4].author.name) == (
        "Where do I bring my books back?",
        "Dr. Overdue",
    )
    again = text.replace("So do I kettle Nov", "So do I Mrs. Barnaby Nov").replace("lantern", "Barnaby")
    assert read(again).posts[3].author.name == "Mrs. Barnaby"


def test_a_line_like_a_row_inside_a_body_stays_there(read, text):
    """Rows count in the outline alone; people quote it."""
    page = read(text)
    assert page.posts[2].body.text.endswith("So do I kettle Nov 2015 #3")
    assert len(page.posts) == 5


@pytest.mark.parametrize(
    ("divider", "behind"),
    [(" \xa0\n", "I quit lantern Nov 2015 #5\n"), ("\n", "Support this site\nI quit lantern Nov 2015 #5\n")],
)
def test_no_row_counts_behind_the_outline(read, text, divider, behind):
    """What stands there is written by anybody."""
    page = read(text.replace("4 replies", "5 replies").replace(" \xa0\n", divider + behind))
    assert [post.number for post in page.posts] == [None, 1, 2, 3, 4]
    assert not page.complete


def test_an_outline_without_rows_takes_none_from_the_texts_below(read, text):
    """A tool that drops it must not make a quoted line the only reply."""
    start, end = text.index("The library on Elm Street reopens (Original"), text.index(" \xa0")
    page = read(text[:start] + "Share\nPrint\nMail\nSave\nSo do I kettle Nov 2015 #3\n" + text[end:])
    assert [post.number for post in page.posts] == [None, 1, 2]
    assert not page.complete


def test_indents_and_blank_lines_of_a_body_are_kept(read, text):
    """What they mean is for the reader of the format to say."""
    assert "every week.\n\n\n    kettle said" in read(text).posts[2].body.text


def test_one_reply_and_one_post_are_in_the_singular(read):
    """The site counts as people speak."""
    page = read(
        "kettle\n\n(1 post)\nFri Oct 30, 2015, 09:05 AM Oct 2015\n\nHello\n\nHello all.\n"
        "1 reply = new reply since forum marked as read\nHighlight: None\n"
        "Hello (Original Post) kettle Oct 2015 OP\nWelcome moss Oct 2015 #1\n\xa0\n\n"
        "moss\n\n(2 posts)\n1. Welcome\nFri Oct 30, 2015, 09:06 AM\nOct 2015\n\n"
    )
    assert page.thread.replies == 1
    assert page.complete
    assert states(page) == ["present", "empty"]


def test_the_number_of_posts_of_an_author_changes_nothing(read, text):
    """It is counted when the page is made: else every post of a busy author would be an edit."""
    later = read(text.replace("(1,203 posts)", "(1,204 posts)").replace("(1 post)", "(2 posts)"))
    assert later == read(text)
    assert digest(later) == digest(read(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("new roof", "new door"),
        ("4 replies", "5 replies"),
        ("So do I kettle", "So do we kettle"),
        (FOOTER, BLOCK_3 + FOOTER),
    ],
)
def test_the_digest_changes_with_what_the_page_says(read, text, old, new):
    """An equal digest makes the poller stop."""
    assert digest(read(text.replace(old, new))) != digest(read(text))


def test_dates_that_age_do_not_change_the_digest(text):
    """ "Friday" becomes "Dec 13" by itself."""
    rules = checked(Settings())
    place = addresses.read("/10331234567")
    young = text.replace("Nov 2015 #3", "Friday #3", 1).replace("Nov 2015 #4", "2 hrs ago #4")
    first = thread_page(young.encode(), place, rules, 1_446_500_000_000)
    second = thread_page(young.replace("Friday #3", "Nov 2 #3").encode(), place, rules, 1_446_900_000_000)
    assert first.posts[4].title == "Where do I bring my books back?"
    assert first.posts[4].created.latest == 1_446_500_000_000
    assert first.posts[3].created.earliest != second.posts[3].created.earliest
    assert digest(first) == digest(second)


def test_the_footer_and_what_follows_belong_to_no_post(read, text):
    """It is the page's own; and only the line that ends in this thread's title is the footer."""
    page = read(text.replace("every week.", "every week.\nNews»World»Elsewhere...") + "Imprint\n")
    assert "News»World»Elsewhere..." in page.posts[2].body.text
    assert "Imprint" not in page.posts[2].body.text


def test_a_way_to_the_board_above_the_first_post_ends_nothing(read, text):
    """It names the board, wherever it stands."""
    foot = text[text.index(FOOTER) :]
    page = read(foot + text.replace(foot, ""))
    assert states(page) == states(read(text))
    assert page.thread.board == read(text).thread.board


def test_a_header_that_is_not_listed_is_text(read, text):
    """Somebody pasted it, from here or from another thread."""
    for pasted in (
        BLOCK_3.replace("3. So do I", "9. So do I"),
        BLOCK_3.replace("So do I", "So do you"),
        BLOCK_3.replace("kettle", "moss"),
        BLOCK_3.replace("3. So do I", "5. So do I"),
    ):
        page = read(text.replace("4 replies", "5 replies").replace(FOOTER, pasted + FOOTER))
        assert states(page) == ["present", "empty", "present", "unknown", "unknown"]
        assert "On Fridays." in page.posts[2].body.text
        assert page.damaged == ()


@pytest.mark.parametrize(
    "broken",
    [
        BLOCK_3.replace("Mon Nov 2, 2015", "Mon Nov 32, 2015"),
        BLOCK_3.replace("\nNov 2015", ""),
        BLOCK_3.replace("(1,203 posts)\n", ""),
        BLOCK_3.replace("(1,203 posts)", "(banned)"),
    ],
)
def test_a_damaged_block_is_reported_and_its_neighbours_go_on(read, text, broken):
    """Its text must not be taken for its neighbour's, and it stays a reply whose text was not seen."""
    page = read(text.replace(BLOCK_1, BLOCK_1 + broken))
    assert states(page) == ["present", "empty", "present", "unknown", "unknown"]
    assert [(damaged.key, b"On Fridays." in damaged.sample) for damaged in page.damaged] == [(page.posts[3].key, True)]
    assert "#3" in page.damaged[0].why
    assert "On Fridays." not in "".join(post.body.text for post in page.posts)


def test_a_damaged_op_is_reported_and_its_replies_go_on(read, text):
    """The outline still names it."""
    page = read(text.replace("Fri Oct 30, 2015, 09:05 AM Oct 2015", "some day"))
    assert states(page) == ["unknown", "empty", "present", "unknown", "unknown"]
    assert (page.posts[0].title, page.posts[0].author.name) == ("The library on Elm Street reopens", "kettle")
    assert page.damaged[0].key == page.posts[0].key


def test_a_damaged_row_is_reported_and_the_page_is_not_complete(read, text):
    """A page that lost a row proves no reply absent; the reply's own block still counts."""
    page = read(text.replace("#3 lantern Nov 2015 #2", "#3 lantern"))
    assert not page.complete
    assert [post.number for post in page.posts] == [None, 1, 2, 3, 4]
    assert page.posts[2].body.state is BodyState.PRESENT
    assert b"part #3" in page.damaged[0].sample


def test_two_blocks_that_claim_one_number_are_both_refused(read, text):
    """A body can imitate a block word by word; showing either could put words into somebody's mouth."""
    forged = BLOCK_3.replace("On Fridays.", "I stole the books.")
    page = read(text.replace("every week.\n", "every week.\n\n" + forged).replace(FOOTER, BLOCK_3 + FOOTER))
    assert page.posts[3].body.state is BodyState.UNKNOWN
    assert "stole" not in "".join(post.body.text for post in page.posts)
    assert page.damaged[0].key == page.posts[3].key


def test_a_second_outline_makes_the_page_prove_nothing(read, text):
    """One of them is a quotation or a forgery, and nothing tells which."""
    start, end = text.index("4 replies"), text.index(" \xa0")
    page = read(text.replace("every week.\n", "every week.\n" + text[start:end]))
    assert not page.complete
    assert "two outlines" in page.damaged[0].why


def test_an_outline_that_does_not_list_the_op_is_not_the_first_choice(read, text):
    """The page's own does, so that a part of one in the first post hides no reply."""
    quoted = "9 replies = new reply since forum marked as read\nHighlight: None\nI quit lantern Oct 2015 #1\n\nSee?\n"
    page = read(text.replace("There will be tea", quoted + "There will be tea"))
    assert states(page) == ["present", "empty", "present", "unknown", "unknown"]
    assert page.posts[1].author.name == "Mrs. Barnaby"
    assert "I quit" in page.posts[0].body.text
    assert not page.complete


def test_a_count_that_is_not_met_makes_the_page_incomplete(read, text):
    """Only a page that lists every reply may prove that one is gone."""
    assert not read(text.replace("4 replies", "5 replies")).complete


def test_the_page_of_a_lone_op_is_read_and_not_complete(read, text):
    """The form "?com=view_post" shows the OP alone, with a note behind the title."""
    op = text[: text.index("4 replies")].replace(
        "Street reopens\n\nThe doors", "Street reopens [View all]\n\nThe doors"
    )
    page = read(op)
    assert page.thread.title == "The library on Elm Street reopens"
    assert states(page) == ["present"]
    assert page.thread.replies is None
    assert not page.complete
    assert page.thread.key == read(text).thread.key


def test_the_page_of_a_single_post_proves_nothing_about_replies(read, data, text):
    """The site says that it shows the OP only; what stands below that line is the page's own."""
    page = read((data / "single.txt").read_bytes())
    assert page.thread.title == "The library on Elm Street reopens"
    assert [(post.op, post.body.text) for post in page.posts] == [
        (True, "The doors open again on Monday.\n\nThere will be tea, and a new roof.")
    ]
    assert (page.thread.replies, page.complete) == (None, False)
    assert page.thread.board is not None
    assert page.thread.board.path == ("Region Forums", "Elmsbury")
    assert page.thread.key == read(text).thread.key


def test_a_list_that_the_single_post_quotes_proves_nothing(read, data):
    """Else a post could have every reply to it taken for deleted."""
    quoted = (
        "0 replies = new reply since forum marked as read\nHighlight: None\n"
        "The library on Elm Street reopens (Original Post) kettle Oct 2015 OP\n\xa0\n"
    )
    page = (data / "single.txt").read_text(encoding="utf-8")
    assert not read(page.replace("There will be", quoted + "There will be")).complete


def test_a_guess_needs_two_people_who_take_turns(read, text):
    """Newcomers and people who follow themselves are guessed to answer nobody; nothing is ever claimed."""
    page = read(text)
    assert {post.parent.state for post in page.posts[1:]} == {ParentState.UNKNOWN}
    assert [post.parent.guess.rpartition("#")[2] for post in page.posts] == ["", "", "", "2", ""]
    alone = read(text.replace("back? Dr. Overdue", "back? kettle"))
    assert alone.posts[4].author.name == "kettle"
    assert alone.posts[4].parent.guess == ""


def test_the_key_of_a_saved_page_follows_title_author_and_time_of_the_op(read, text):
    """The same page saved twice is one thread, whatever was written in it since."""
    key = read(text).thread.key
    assert read(text.replace("new roof", "new door").replace("4 replies", "9 replies")).thread.key == key
    assert read(text.replace("09:05 AM", "09:06 AM")).thread.key != key
    assert read(text.replace("kettle", "moss")).thread.key != key


@pytest.mark.parametrize("shift", [0, 1])
def test_a_page_longer_than_is_read_loses_its_last_text_and_says_so(read, text, shift):
    """Half a text would be shown as if its author had cut it; and half a letter must not spoil the rest."""
    text = text.replace("tea, and a new roof", "“tea”")
    page = read(text.replace("every week.", "every week. " + "x" * shift + "é" * 1_100_000))
    assert page.posts[0].body.text.endswith("There will be “tea”.")
    assert states(page) == ["present", "empty", "unknown", "unknown", "unknown"]
    assert "longer than 2 MiB" in page.damaged[-1].why


@pytest.mark.parametrize(
    "page",
    [
        "",
        "Just a text.\n",
        "kettle\n\n(1,203 posts)\nFri Oct 30, 2015, 09:05 AM Oct 2015\n\nAn author's card.\n",
        "4 replies = new reply since forum marked as read\nHighlight: None\nnothing here\n",
        "<html><body><p>Page not found</p></body></html>",
        "\0\0\0",
    ],
)
def test_a_page_that_is_no_thread_says_what_was_looked_for(read, page):
    """Who repairs the parser, or chose the wrong file, needs to know."""
    with pytest.raises(Unparsable, match=r"no thread found on the page: looked for '\(N posts\)'") as caught:
        read(page)
    assert "Tue Dec 22, 2015, 03:24 PM" in caught.value.looked_for
    assert caught.value.sample == page.encode()
