"""What of an address lasts."""

import pytest

from bot.media.lasting import fades, lasting, same

FILE = "https://files.example/a/kite.png"
SIGNED = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20260101&X-Amz-Date=1&X-Amz-Expires=60&X-Amz-Signature=ab",
    "X-Goog-Algorithm=GOOG4&X-Goog-Date=1&X-Goog-Expires=9&X-Goog-Signature=ab",
    "AWSAccessKeyId=K&Expires=1&Signature=a%2Bb%3D",
    "GoogleAccessId=K&Expires=1&Signature=ab",
    "Policy=e30_&Signature=ab&Key-Pair-Id=K",
    "sv=2024-11-04&st=1&se=2&sr=b&sp=r&sig=a%3D",
    "ex=65f&is=65e&hm=abc",
    "token=abc&expires=1",
]


@pytest.mark.parametrize("query", SIGNED)
def test_a_signature_fades_and_the_file_lasts(query):
    assert fades(f"{FILE}?{query}")
    assert lasting(f"{FILE}?{query}") == FILE
    assert lasting(f"{FILE}?w=9&{query}&v=2") == f"{FILE}?w=9&v=2"


@pytest.mark.parametrize("query", ["v=2", "token=abc", "policy=privacy", "signature=x", "expires=never", "ex=1&is=2"])
def test_what_may_say_which_file_is_meant_stays(query):
    """One name too many left out, and another picture would be taken for the same one."""
    assert lasting(f"{FILE}?{query}") == f"{FILE}?{query}"
    assert not fades(f"{FILE}?{query}")


@pytest.mark.parametrize(
    "form",
    [
        '<p>See <img src="{}" alt="a"> there</p>',
        "See ![a]({}) there",
        "See [img]{}[/img] there",
        "See <{}> there",
        "See {} there",
    ],
)
def test_two_readings_of_a_text_are_equal_but_for_signatures(form):
    """In every format that forums are read in; the words around an address count."""

    def read(signature, words="there"):
        and_ = "&amp;" if form.startswith("<p>") else "&"
        return lasting(form.replace("there", words).format(f"{FILE}?w=1{and_}Expires=1{and_}Signature={signature}"))

    assert read("aaa") == read("bbb")
    assert read("aaa") != read("aaa", "here")


def test_an_ampersand_may_be_written_in_any_of_html_s_ways():
    ways = ("&", "&amp;", "&#38;", "&#038;")
    assert len({lasting(f"{FILE}?w=1{way}Expires=1{way}Signature=a") for way in ways}) == 1


def test_a_fragment_is_no_part_of_a_signature():
    assert lasting(f"{FILE}?Expires=1&Signature=a#top") == f"{FILE}#top"


def test_two_signatures_of_one_file_are_the_same_file():
    assert same(f"{FILE}?ex=1&is=2&hm=3", f"{FILE}?ex=4&is=5&hm=6")
    assert not same(f"{FILE}?ex=1&is=2&hm=3", f"{FILE}2?ex=1&is=2&hm=3")


@pytest.mark.parametrize("text", ["https://" * 20_000 + "?", "https://a.example/?" + "&" * 100_000, "?" * 100_000])
def test_hostile_texts_are_walked_once(text):
    """A post's author chooses them; the test's own time limit ends what is not linear."""
    assert len(lasting(text)) <= len(text)
