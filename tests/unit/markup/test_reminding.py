"""Words about a message that they do not stand beside begin with what it says."""

from bot import markup


def reminded(words: str, of: str) -> str:
    return markup.write(markup.reminding(markup.read(words, "markdown"), markup.read(of, "markdown")), "markdown")


def test_words_stand_below_the_first_words_of_the_message():
    assert reminded("It was *refused*.", "My\nquestion") == "> My question\n\nIt was _refused_."


def test_a_long_message_is_known_by_its_beginning():
    quote, _, words = reminded("It was refused.", "word " * 100).partition("\n\n")
    assert words == "It was refused."
    assert quote.endswith("word…")
    assert len(quote) <= 62


def test_what_is_quoted_marks_nothing_up():
    """Its first words are shown as they read, whatever they would mean as Markdown."""
    assert markup.words(markup.read(reminded("Gone.", r"\# no \*title\*"), "markdown")) == "# no *title* Gone."


def test_a_message_without_words_leaves_the_words_as_they_are():
    assert reminded("It was refused.", " ") == "It was refused."
