"""What a text holds besides words."""

from bot import markup
from bot.markup.nodes import Kind, Node, document, paragraph
from bot.media.found import MOST, Attachment, media_of


def image(address, alt="", **more):
    return Node(Kind.IMAGE, target=address, label=alt, **more)


def test_images_and_recordings_are_found_in_reading_order():
    text = '<p><img src="a.png" alt="a  red\nkite"></p><ul><li><video src="b.mp4"></video></ul><img src="c.png">'
    assert media_of(markup.read(text, "html", "https://forum.example/")) == (
        Attachment("https://forum.example/a.png", "a red kite"),
        Attachment("https://forum.example/b.mp4", plays=True),
        Attachment("https://forum.example/c.png"),
    )


def test_a_text_without_images_holds_none():
    assert media_of(None) == media_of(document(paragraph("words"))) == ()


def test_an_address_counts_once():
    """A picture that is quoted three times is one picture."""
    twice = document(paragraph(image("https://a.example/1.png", "first"), image("https://a.example/1.png", "second")))
    assert media_of(twice) == (Attachment("https://a.example/1.png", "first"),)


def test_a_card_holds_a_bounded_number():
    """A post of a thousand images must not make us fetch a thousand files."""
    many = document(paragraph(*(image(f"https://a.example/{n}.png") for n in range(1000))))
    assert [one.address for one in media_of(many)] == [f"https://a.example/{n}.png" for n in range(MOST)]


def test_only_web_addresses_are_media():
    odd = ("file:///etc/passwd", "data:image/png;base64,AA", "ftp://a.example/1.png", "/1.png", "")
    assert media_of(document(paragraph(*map(image, odd)))) == ()


def test_what_stands_in_a_spoiler_or_fold_is_hidden():
    """Who shows it beside the text must not give away what its author hid."""
    spoiler = Node(Kind.SPOILER, children=(image("https://a.example/1.png"),))
    fold = Node(Kind.FOLD, children=(paragraph(image("https://a.example/2.png")),))
    both = document(paragraph(spoiler), fold, paragraph(image("https://a.example/3.png")))
    assert [one.hidden for one in media_of(both)] == [True, True, False]


def test_what_is_also_shown_in_the_open_is_not_hidden():
    hidden = Node(Kind.SPOILER, children=(image("https://a.example/1.png"),))
    assert not media_of(document(paragraph(hidden, image("https://a.example/1.png"))))[0].hidden


def test_a_deep_tree_is_walked_without_recursion():
    node = image("https://a.example/1.png")
    for _ in range(5000):
        node = Node(Kind.QUOTE, children=(node,))
    assert len(media_of(node)) == 1
