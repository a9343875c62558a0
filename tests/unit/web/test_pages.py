"""Pages from templates, and how times are written."""

from __future__ import annotations

from collections.abc import Callable

import jinja2
import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from bot.model import When, at
from bot.web import times
from bot.web.pages import TemplatePages

NOON = 1_767_268_800_000  # 1 Jan 2026 12:00 UTC
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DECEMBER_2015 = When(1_448_928_000_000, 1_451_606_399_999)
NEW_YORKS_DECEMBER = When(DECEMBER_2015.earliest + 5 * HOUR, DECEMBER_2015.latest + 5 * HOUR)

Made = Callable[..., TemplatePages]


def text(pages: TemplatePages, template: str = "x.html", headers: dict[str, str] | None = None) -> str:
    response = pages.html(make_mocked_request("GET", "/", headers=headers), template)
    assert response.text is not None
    return response.text


def test_what_stands_in_values_is_text(made: Made) -> None:
    """Names and titles come from strangers."""
    pages = made(x="{{ name }}|{{ name | safe }}")
    assert pages.fragment("x.html", name="<b>") == "&lt;b&gt;|<b>"


def test_a_name_that_no_page_was_given_is_an_error(made: Made) -> None:
    """A mistyped name would else leave a hole that nobody notices."""
    with pytest.raises(jinja2.UndefinedError):
        made(x="{{ nmae }}").fragment("x.html", name="x")


def test_an_adapter_s_page_stands_in_the_house_s_frame(made: Made) -> None:
    """Every page has the same head, a way back and a way past it for the keyboard."""
    page = text(
        made(
            x='{% extends "page.html" %}{% block title %}T{% endblock %}'
            "{% block head %}<link>{% endblock %}{% block main %}<p>M</p>{% endblock %}"
        )
    )
    assert "<title>T · Threadline</title>" in page
    assert '<html lang="en">' in page
    assert '<a class="skip" href="#main">' in page
    assert page.index("<link>") < page.index("</head>") < page.index("<p>M</p>")


def test_an_adapter_s_template_goes_before_one_of_the_house(made: Made) -> None:
    """An adapter may call a page of its own error.html."""
    assert text(made(error="own"), "error.html") == "own"


def test_an_adapter_without_templates_has_those_of_the_house() -> None:
    """Not every adapter that serves something serves pages."""
    assert TemplatePages("bot.net").fragment("page.html", framed=False).startswith("<!doctype html>")


@pytest.mark.parametrize(("where", "framed"), [("iframe", True), ("document", False), (None, False)])
def test_a_page_inside_of_another_has_no_frame_of_its_own(made: Made, where: str | None, framed: bool) -> None:
    """Two panes side by side have no room for two more headers."""
    headers = {"Sec-Fetch-Dest": where} if where else {}
    page = text(made(x='{% extends "page.html" %}'), headers=headers)
    assert ('class="framed"' in page) == framed


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (0, "just now"),
        (59_999, "just now"),
        (-59_999, "just now"),
        (5 * MINUTE, "5 min ago"),
        (HOUR, "1 h ago"),
        (23 * HOUR, "23 h ago"),
        (DAY, "yesterday"),
        (3 * DAY, "3 days ago"),
        (30 * DAY, "2 Dec 2025"),
        (-DAY, "2 Jan"),
    ],
)
def test_times_are_relative_while_that_says_more(made: Made, passed: int, words: str) -> None:
    """After a week nobody counts the days."""
    assert made(NOON, x="{{ t | ago }}").fragment("x.html", t=NOON - passed).endswith(f">{words}</time>")


def test_a_relative_time_has_the_exact_one_beside_it(made: Made) -> None:
    """For whoever wants to know, and for programs."""
    shown = made(NOON, x="{{ t | ago }}").fragment("x.html", t=NOON - 5 * MINUTE)
    assert shown == '<time datetime="2026-01-01T11:55:00Z" title="1 Jan 2026 11:55 UTC">5 min ago</time>'


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        (
            at(1_450_799_080_000),
            '<time datetime="2015-12-22T15:44:40Z" title="22 Dec 2015 15:44 UTC">22 Dec 2015</time>',
        ),
        (
            at(NOON - 5 * MINUTE),
            '<time datetime="2026-01-01T11:55:00Z" title="1 Jan 2026 11:55 UTC">5 min ago</time>',
        ),
        (When(1_450_742_400_000, 1_450_828_799_999), '<time datetime="2015-12-22">22 Dec 2015</time>'),
        (DECEMBER_2015, '<time datetime="2015-12">Dec 2015</time>'),
        (
            When(DECEMBER_2015.earliest + 5 * HOUR, DECEMBER_2015.latest + 5 * HOUR),
            '<time datetime="2015-12">Dec 2015</time>',
        ),
        (When(1_420_070_400_000, 1_451_606_399_999), '<time datetime="2015">2015</time>'),
        (When(1_388_534_400_000, 1_451_606_399_999), '<time datetime="2014">2014 to 2015</time>'),
    ],
)
def test_a_time_is_never_more_exact_than_it_is_known(made: Made, time: When, shown: str) -> None:
    """Old posts of a forum have a month and no day; a made-up day would be a lie."""
    assert made(NOON, x="{{ t | when }}").fragment("x.html", t=time) == shown


@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18), st.integers(0, 10**18))
def test_every_number_is_a_time(moment: int, now: int, width: int) -> None:
    """A forum's date may be nonsense; its page is shown all the same."""
    times.ago(moment, now)
    times.when(When(moment, moment + width), now)
