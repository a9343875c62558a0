"""Where a text is cut, and what goes on behind the cut."""

import pytest

from bot import markup
from bot.markup.nodes import Kind, walk
from bot.markup.split import split


def measure(tree):
    return len(markup.write(tree, "markdown"))


def parts(source, limit, first=None, format="markdown"):
    return [markup.write(part, "markdown") for part in split(markup.read(source, format), measure, limit, first)]


def test_a_cut_falls_between_paragraphs_first():
    """There a reader pauses anyway."""
    assert parts("One two. Three.\n\nFour five. Six.", 24) == ["One two. Three.", "Four five. Six."]


def test_then_behind_a_sentence():
    """The next message begins with a thought of its own."""
    assert parts("One two three. Four five six. Seven", 33) == ["One two three. Four five six.", "Seven"]
    assert parts("一二三。四五六。七八九。", 9) == ["一二三。四五六。", "七八九。"]


def test_then_between_words():
    """No word is torn while it fits into a message."""
    assert parts("one two three four five", 10) == ["one two", "three four", "five"]


@pytest.mark.parametrize("character", ["e\u0301", "👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "☂\ufe0f"])
def test_at_last_in_a_word_but_never_in_a_character(character):
    """Half of an emoji is another emoji, or none."""
    for limit in range(len(character), 3 * len(character)):
        assert all(not part.replace(character, "") for part in parts(character * 10, limit, format="plain"))


def test_code_is_cut_at_its_lines_and_goes_on_as_code():
    """Each message closes its fence, and the next one opens the same."""
    assert parts("```py\na = 1\nb = 2\nc = 3\n```", 24) == ["```py\na = 1\nb = 2\n```", "```py\nc = 3\n```"]


def test_a_list_goes_on_with_its_numbers():
    """A second list that begins at one would be another list."""
    assert parts("3. one\n4. two\n5. three\n6. four", 16) == ["3. one\n4. two", "5. three\n6. four"]


def test_only_the_first_part_of_a_quote_names_it():
    """Said twice, it would be two quotes."""
    source = "<blockquote><cite>bob</cite><p>one one</p><p>two two</p></blockquote><p>three</p>"
    assert parts(source, 22, format="html") == ["> **bob**\n>\n> one one", "> two two\n\nthree"]


def test_formatting_goes_on_behind_a_cut():
    """And so does a link with its address."""
    assert parts("**one two three**", 12) == ["**one two**", "**three**"]


def test_a_table_is_cut_at_its_rows_and_shows_its_header_again():
    """Columns without names mean nothing."""
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n"
    assert parts(table, 36) == ["| a | b |\n| --- | --- |\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 3 | 4 |"]


def test_a_picture_is_never_cut():
    """Half an address leads nowhere; what fits nowhere leaves its words."""
    source = "words words ![alt](https://a.b/long/address.png) words"
    for limit in (40, 36):
        images = [
            node
            for part in split(markup.read(source, "markdown"), measure, limit)
            for node in walk(part)
            if node.kind is Kind.IMAGE
        ]
        assert [image.target for image in images] == ["https://a.b/long/address.png"]
    assert "alt" in " ".join(parts(source, 20))


def test_the_first_part_leaves_room_for_what_stands_above_it():
    """A card has a head, and only its first message shows it."""
    assert parts("one two three four", 14, first=8) == ["one two", "three four"]


def test_a_name_that_has_no_room_is_words():
    """Nothing is lost because a message is short."""
    source = f"<blockquote><cite>{'bob ' * 20}</cite>yes</blockquote>"
    assert (
        markup.words(markup.read(source, "html")).split()
        == " ".join(part.replace(">", "").replace("*", "") for part in parts(source, 30, format="html")).split()
    )


def test_the_whole_is_measured_about_ten_times_for_each_part():
    """Measuring is writing: what it costs must not grow with the square of the length."""
    measured = []

    def counted(tree):
        measured.append(measure(tree))
        return measured[-1]

    cut = split(markup.read("word " * 10_000, "plain"), counted, 2000)
    assert len(measured) <= 15 * len(cut)
    assert sum(measured[1:]) <= 15 * 2000 * len(cut)
