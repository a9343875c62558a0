"""Pure: the forms of a board, and what its answers to them mean; status 200 alone means nothing here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

from adapters.forums.phpbb import addresses, elements
from adapters.forums.phpbb.addresses import Place

_INPUT = re.compile(r"<input\b[^<>]*>")
_TEXTAREA = re.compile(r"<textarea\b[^<>]*\bname=\"message\"[^<>]*>([^<]*)</textarea>")
_REFRESH = re.compile(r"<meta http-equiv=\"refresh\" content=\"[0-9]{1,4};\s*url=([^\"]{1,1000})\"", re.IGNORECASE)
_TOPIC = re.compile(r"<h2\b[^<>]*>\s*<a\b[^<>]*href=\"([^\"]*viewtopic\.php[^\"]*)\"")
_TAGS = re.compile(r"var bbtags = new Array\(([^)]{0,4000})\)")
_TAG = re.compile(r"'\[([A-Za-z]{1,20})=?\]'")
_BOARD = re.compile(r"<body\b[^<>]*\bsection-viewforum\b")
_HREF = re.compile(r"href=\"([^\"]{1,1000})\"")
_FLOOD = re.compile(
    r"\bso soon after\b|\bso schnell nach\b|\b(?:aussi|si) (?:vite|rapidement|tôt) après\b", re.IGNORECASE
)
_INVALID = re.compile(r"submitted form was invalid|Formular \w+ ungültig|formulaire\b.{0,40}\binvalide", re.IGNORECASE)
_GUARDED = re.compile(r"name=\"(?:confirm_code|confirm_id|qa_answer)\"|g-recaptcha|\bcf-turnstile\b", re.IGNORECASE)
_KNOWN = ("en", "de", "fr")
"""Languages in which a board's word about waiting is known."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it stands on a page: where it goes, and what it sends along."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    error: str = ""
    """What the board says is wrong with what was sent."""
    subject: str = ""
    text: str = ""
    thread: str = ""
    """The thread that it is about."""
    tags: frozenset[str] = frozenset()
    """The BBCode tags that the board offers."""
    guarded: bool = False
    """True where it asks something that only a person can answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """A page with a message of the board, and where it leads."""

    words: str
    refresh: str = ""
    """Where the page goes by itself; only what was done has this, what was refused stays."""
    post: Place | None = None
    """The post that it leads to."""


def posting(page: str) -> Form | None:
    """The form in which a post is written; None where the page holds none."""
    form = _form(page, "postform")
    if form is None:
        return None
    start, markup = form
    error = elements.first(markup, "p", "class", "error")
    subject = next(
        (given for found in _INPUT.findall(markup) if (given := elements.given(found)).get("name") == "subject"), {}
    )
    text, tags = _TEXTAREA.search(markup), _TAGS.search(markup)
    topic = _TOPIC.search(page)
    return Form(
        action=start,
        fields=_hidden(markup),
        error=elements.words(error or ""),
        subject=subject.get("value", ""),
        text=unescape(text[1]).replace("\r\n", "\n") if text else "",
        thread=addresses.named_in(topic[1]).thread if topic else "",
        tags=frozenset(name.lower() for name in _TAG.findall(tags[1])) if tags else frozenset(),
    )


def login(page: str) -> Form | None:
    """The form that asks who one is, in place of what was asked for; None where the page holds none."""
    form = _form(page, "login")
    if form is None or 'type="password"' not in form[1]:
        return None
    start, markup = form
    error = elements.first(markup, "div", "class", "error")
    return Form(start, _hidden(markup), elements.words(error or ""), guarded=_GUARDED.search(markup) is not None)


def hides(page: str) -> bool:
    """Whether a page is that of a board that shows its name and, in place of its threads, asks to log in."""
    return (
        _BOARD.search(page) is not None
        and 'type="password"' in page
        and 'class="topictitle' not in page
        and 'class="forumtitle' not in page
    )


def confirming(page: str) -> Form | None:
    """The form that asks whether one is sure; None where the page holds none."""
    form = _form(page, "confirm")
    return Form(form[0], _hidden(form[1])) if form is not None else None


def message(page: str) -> Message | None:
    """What the board says in place of a page; None where it says nothing."""
    box = elements.first(page, "div", "id", "message")
    if box is None:
        return None
    said = re.search(r"<p>(.*)</p>", box, re.DOTALL)
    refresh = _REFRESH.search(page, 0, 20_000)
    target = unescape(refresh[1]) if refresh else ""
    links = [target, *_HREF.findall(box)] if target else []
    posts = [place for link in links if (place := addresses.named_in(link)).post]
    return Message(elements.words(said[1] if said else box)[:1000], target, posts[0] if posts else None)


def floods(error: str) -> bool:
    """Whether the board asks to wait before the next post."""
    return _FLOOD.search(error) is not None


def stale(error: str) -> bool:
    """Whether the board took the form for a foreign one: it was sent in its own second, or is too old."""
    return _INVALID.search(error) is not None


def speaks(language: str) -> bool:
    """Whether the words about waiting are known in the language of a page."""
    return language[:2].lower() in _KNOWN


def shown(location: str) -> Place | None:
    """The post or thread to which the board leads after it took one; None where it leads elsewhere."""
    place = addresses.named_in(location)
    return place if place.post or place.thread else None


def _form(page: str, name: str) -> tuple[str, str] | None:
    """Where a form goes, and what stands in it."""
    found = next(elements.starts(page, "form", "id", name), None)
    if found is None:
        return None
    return elements.given(found[0]).get("action", ""), elements.inside(page, found)


def _hidden(markup: str) -> dict[str, str]:
    """What a form sends along by itself; of two fields of one name the last, as PHP takes them."""
    fields = {}
    for found in _INPUT.findall(markup):
        given = elements.given(found)
        if given.get("type") == "hidden" and given.get("name"):
            fields[given["name"]] = given.get("value", "")
    return fields
