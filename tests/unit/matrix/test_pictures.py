"""Where images stand in a text."""

from adapters.chats.matrix.media.attachments import Picture
from adapters.chats.matrix.media.pictures import faced, placed

KITE, OTHER = Picture("https://forum.example/a?b=1&c=2", 'a "kite"'), Picture("https://forum.example/o.png")
MXC = "mxc://example.org/abc"


def test_an_image_stands_behind_the_link_to_it():
    """Clients that show no image in a text show the link, and it is clear what it is."""
    link = '<a href="https://forum.example/a?b=1&amp;c=2">a kite</a>'
    drawn = f'<br><img src="{MXC}" alt="a &quot;kite&quot;" title="a &quot;kite&quot;">'
    html = f"<p>before {link} behind {link}</p>"
    assert placed(html, [KITE], {KITE.address: MXC}) == f"<p>before {link}{drawn} behind {link}</p>"


def test_an_image_without_a_link_of_its_own_stands_at_the_end():
    """In the text it is the words of a link to something else."""
    html = '<p><a href="https://forum.example/page">words</a></p>'
    assert placed(html, [OTHER], {OTHER.address: MXC}) == f'{html}<p><img src="{MXC}" alt="image" title="image"></p>'


def test_an_image_that_cannot_be_had_changes_nothing():
    """The link is what there is of it."""
    html = '<p><a href="https://forum.example/o.png">words</a></p>'
    assert placed(html, [OTHER], {}) == html


def test_a_face_stands_before_the_name():
    """As on the forum."""
    assert (
        faced("<p><strong>ann</strong></p>", MXC) == f'<p><img src="{MXC}" alt="" height="20"> <strong>ann</strong></p>'
    )
