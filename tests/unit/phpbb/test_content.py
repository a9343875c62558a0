"""Texts as people wrote them, behind what the board makes of them."""

from __future__ import annotations

import pytest

from adapters.forums.phpbb import content, drafts
from bot import markup

BASE = "https://bees.example/forum"
POINTER = (
    '<blockquote cite="./viewtopic.php?p=4#p4"><div><cite><a href="./memberlist.php?mode=viewprofile&amp;u=59">bob</a> '
    'wrote: <a href="./viewtopic.php?p=4#p4" data-post-id="4"><i class="icon"></i></a>{date}</cite>'
    "Words</div></blockquote>"
)
LONG = "https://x.example/0123456789012345678901234567890"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('<img src="./images/a.png">', f'<img src="{BASE}/images/a.png">'),
        ('<img src="/images/a.png">', '<img src="https://bees.example/images/a.png">'),
        ('<img src="//cdn.example/a.png">', '<img src="//cdn.example/a.png">'),
        (
            f'<a href="{LONG}" class="postlink">https://x.example/01 ... 1234567890</a>',
            f'<a href="{LONG}" class="postlink">{LONG}</a>',
        ),
        (
            f'<a href="{BASE}/viewtopic.php?t=1&amp;p=2" class="postlink-local">viewtopic.php?t=1&amp;p=2</a>',
            f'<a href="{BASE}/viewtopic.php?t=1&amp;p=2" class="postlink-local">{BASE}/viewtopic.php?t=1&amp;p=2</a>',
        ),
        (
            '<a href="https://x.example/" class="postlink">read ... this</a>',
            '<a href="https://x.example/" class="postlink">read ... this</a>',
        ),
        ("a [\u200bb] that is no tag", "a [b] that is no tag"),
    ],
)
def test_what_the_board_cut_is_whole_again(text: str, cleaned: str) -> None:
    """People wrote the address; a text that is compared with what was sent has to hold it."""
    assert content.cleaned(text, BASE) == cleaned


def test_a_pointer_is_known_by_having_no_date() -> None:
    """The board's own quotes have one, and are what people meant to show."""
    assert content.pointed(POINTER.format(date="") + "<br>\nMine") == ("4", "Mine")
    quote = POINTER.format(date='<span class="responsive-hide">Mon Nov 23, 2026</span>') + "Mine"
    assert content.pointed(quote) == ("", quote)
    assert content.quoted(quote) == "4"


def test_a_pointer_without_an_answer_is_a_text() -> None:
    """Else a post would read as empty."""
    alone = POINTER.format(date="")
    assert content.pointed(alone) == ("", alone)


def test_only_a_quote_at_the_head_is_answered() -> None:
    """Further down it is about something else."""
    assert content.quoted("Mine " + POINTER.format(date="")) == ""
    assert content.quoted('<blockquote class="uncited"><div>Words</div></blockquote>') == ""


@pytest.mark.parametrize(
    ("quote", "answered"),
    [
        ("5", ("5", "")),
        ("4", ("", "4")),
        ("2", ("", "")),
        ("9", ("", "")),
        ("12", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_post_answers_what_stands_before_it(quote: str, answered: tuple[str, str]) -> None:
    """On the page for certain; before it likely; before the thread began, or later than itself, never."""
    assert content.answers("9", quote, ["5", "9"], "3") == answered


@pytest.mark.parametrize(
    ("offered", "made"),
    [
        (
            "[quote=bob post_id=4 time=1795424273 user_id=59]Bob [b]replies[/b][/quote]\n\n",
            "[quote=bob post_id=4 user_id=59]Bob replies[/quote]\n",
        ),
        (
            '[quote="bob the [great]" post_id=4 time=1795424273]Hi[/quote]',
            '[quote="bob the [great]" post_id=4]Hi[/quote]\n',
        ),
        ("[quote=bob post_id=4 time=1 user_id=59][/quote]", "[quote=bob post_id=4 user_id=59]…[/quote]\n"),
        ('[quote="bob"]Bob replies[/quote]', ""),
        ("", ""),
    ],
)
def test_a_pointer_is_made_of_the_quote_that_the_board_offers(offered: str, made: str) -> None:
    """It knows how names are written there; before 3.2 its quotes name no post, and there is no pointer."""
    assert drafts.pointer(offered) == made


def test_a_pointer_is_short_and_holds_no_tags() -> None:
    """What is quoted may be long and hold anything."""
    said = "[quote=ann]older[/quote]\n" + "[b]words[/b] and [not a tag] " * 100
    made = drafts.pointer(f"[quote=bob post_id=4 time=1 user_id=59]{said}[/quote]")
    assert len(made) < 300
    assert made.count("[") == 2
    assert drafts.pointing(f"{made}Mine") == made
    assert "older" not in made


def test_a_table_keeps_its_words() -> None:
    """Boards know no tables."""
    table = markup.write(markup.read("| a | b |\n|---|---|\n| c | d |", "markdown"), "bbcode")
    fitted = drafts.fitted(table, frozenset())
    assert "[t" not in fitted
    assert [word for word in fitted.split() if word != "|"] == ["a", "b", "c", "d"]
