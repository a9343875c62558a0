"""How answers are read: text, JSON, waits, and which error a status is."""

import codecs
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    AdapterError,
    Gone,
    LoginRejected,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unparsable,
    Unreachable,
)
from bot.net import Answer, raise_for_status, retry_after

SECRET = "s3cr3t" * 5


def answer(body: bytes = b"", content_type: str = "", status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type:
        named["Content-Type"] = content_type
    return Answer(status, f"https://h.example/{SECRET}?key={SECRET}", named, body)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (codecs.BOM_UTF8 + "ä".encode(), "text/html; charset=windows-1251", "ä"),
        (codecs.BOM_UTF16_LE + "ä".encode("utf-16-le"), "text/html; charset=utf-8", "ä"),
        (codecs.BOM_UTF16_BE + "ä".encode("utf-16-be"), "", "ä"),
        ("п".encode("cp1251"), 'text/html; Charset = "Windows-1251"', "п"),
        ("п".encode("cp1251"), "text/html; charset=WINDOWS_1251; x=y", "п"),
        (b"\x93quoted\x94", "text/html; charset=ISO-8859-1", "“quoted”"),
        ("<meta charset=windows-1251>п".encode("cp1251"), "text/html", "<meta charset=windows-1251>п"),
        (b'<meta http-equiv=x content="text/html; charset=koi8-r">\xd0', "", "п"),
        ("<?xml version='1.0' encoding='windows-1251'?>п".encode("cp1251"), "application/rss+xml", "п"),
        ("<?xml version='1.0' encoding='utf-16'?>ä".encode(), "text/xml", "ä"),
        ("<meta charset=koi8-r>ä".encode(), "text/plain", "ä"),
        ("ä".encode(), "", "ä"),
        (b"caf\xe9 \x80", "", "café €"),
        (b"caf\xe9", "text/html; charset=punycode", "café"),
        (b"caf\xe9", "text/html; charset=zlib", "café"),
        (b"\\x41", "text/html; charset=unicode_escape", "\\x41"),
        (b"a\xffb", "text/html; charset=utf-8", "a\ufffdb"),
        ("日本".encode("shift_jis"), "text/html; charset=Shift_JIS", "日本"),
        ("中文".encode("gbk"), "text/html; charset=gb2312", "中文"),
    ],
)
def test_text_is_read_as_browsers_read_it(body: bytes, content_type: str, text: str) -> None:
    """Mark, header, declaration, then what the bytes say; old forums declare one thing and send another."""
    assert answer(body, content_type).text().endswith(text)


def test_a_forum_may_have_an_encoding_of_its_own_to_fall_back_to() -> None:
    """Some old Russian boards declare nothing at all."""
    assert answer("привет".encode("cp1251")).text(fallback="windows-1251") == "привет"
    assert answer(b"caf\xe9").text(fallback="no-such-thing") == "café"


@given(st.binary(max_size=200), st.text(max_size=60))
def test_text_never_fails(body: bytes, content_type: str) -> None:
    """One broken page is one broken page, not the end of a poll."""
    answer(body, content_type.encode(errors="replace").decode()).text()


def test_json_is_read() -> None:
    """With and without a mark, and in another encoding if the header says so."""
    assert answer(b'{"a": [1, "\xc3\xa4"]}').json() == {"a": [1, "ä"]}
    assert answer(codecs.BOM_UTF8 + b"[1]").json() == [1]
    assert answer('["п"]'.encode("cp1251"), "application/json; charset=windows-1251").json() == ["п"]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'["\ud83d", "kept"]', ["\ufffd", "kept"]),
        (rb'["\udc00\ud83d", "\ud83d\ude00"]', ["\ufffd\ufffd", "😀"]),
        (rb'["\\ud83d", "\ud83d"]', ["\\ud83d", "\ufffd"]),
        (rb'["\ud83d\n\ud83d\ude00\ud83d"]', ["\ufffd\n😀\ufffd"]),
        (b'["caf\xc3\xa9 \xff"]', ["cafÃ© ÿ"]),
    ],
)
def test_a_broken_character_does_not_cost_the_page(body: bytes, value: list[str]) -> None:
    """Servers cut posts in the middle of an emoji; msgspec refuses the whole page for it."""
    assert answer(body).json() == value


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"NaN", b"1e999", b"9" * 5000, b"[" * 10**5])
def test_what_is_not_json_is_unparsable_and_kept(body: bytes) -> None:
    """The bytes are the evidence; the address that is named holds no key."""
    with pytest.raises(Unparsable) as caught:
        answer(body).json()
    assert caught.value.sample == body[:4096]
    assert caught.value.looked_for == "JSON"
    assert SECRET not in str(caught.value)


@given(st.binary(max_size=100))
def test_json_fails_in_one_way_only(body: bytes) -> None:
    """An adapter has one thing to catch."""
    with contextlib.suppress(Unparsable):
        answer(body).json()


def test_an_answer_keeps_headers_by_any_case_and_shows_none_of_them() -> None:
    """Set-Cookie is a login; the address may hold a key."""
    found = answer(b"body", X_Key="v", Set_Cookie=SECRET)
    assert found.headers["x-KEY"] == "v"
    assert found.every("set-cookie") == [SECRET]
    assert SECRET not in repr(found)


def test_a_header_can_be_stored_and_sent_again() -> None:
    """Bytes that are not utf-8 arrive as lone surrogates; as an ETag they would break every later poll."""
    broken = answer(ETag='"\udcff"').headers["etag"]
    assert broken.encode() == '"\ufffd"'.encode()


NOW = 784_111_777_000  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("1.5", 1.5), ("999999999", 86_400.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 06 Nov 1990 08:49:37 GMT", 0.0), ("Sun, 06 Nov 2094 08:49:37 GMT", 86_400.0),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60.0), ("Sun, 06 Nov 1994 08:50:37 -0000", 60.0),
        ("-1", None), ("", None), ("soon", None), ("1e9", None), ("١٢", None), ("inf", None),
        ("9" * 999, None), ("Sun, 99 Nov 1994 08:50:37 GMT", None), ("Sun, 06 Nov 99999 08:50:37 GMT", None),
    ],
)  # fmt: skip
def test_a_wait_is_read_and_bounded(value: str, seconds: float | None) -> None:
    """A server that asks for a thousand years is asked again tomorrow."""
    assert retry_after({"RETRY-after": value}, NOW) == seconds


def test_no_wait_is_read_where_none_stands() -> None:
    """Absent is not zero."""
    assert retry_after({}, NOW) is None


@given(st.text(max_size=70), st.integers(0, 2**50))
def test_a_wait_is_none_or_within_bounds(value: str, now: int) -> None:
    """Whatever the server writes."""
    seconds = retry_after({"retry-after": value}, now)
    assert seconds is None or 0 <= seconds <= 86_400


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (401, LoginRejected, LoginRejected), (403, NotAllowed, NotAllowed), (429, RateLimited, RateLimited),
        (404, Gone, Gone), (410, Gone, Gone),
        (408, Unreachable, Unreachable), (425, Unreachable, Unreachable),
        (400, Unparsable, Refused), (413, Unparsable, Refused), (422, Unparsable, Refused),
        (500, Unreachable, OutcomeUnknown), (502, Unreachable, OutcomeUnknown),
        (503, Unreachable, OutcomeUnknown), (599, Unreachable, OutcomeUnknown),
    ],
)  # fmt: skip
def test_a_status_is_the_error_that_says_how_to_react(
    status: int, read: type[AdapterError], write: type[AdapterError]
) -> None:
    """A 5xx to a write may have come after the act: only looking tells."""
    for error, writes in ((read, False), (write, True)):
        with pytest.raises(AdapterError) as caught:
            raise_for_status(answer(b"why", status=status), "board 12", writes)
        assert type(caught.value) is error
        assert str(caught.value).startswith(f"board 12: https://h.example/…?… answered {status}")


@pytest.mark.parametrize("status", [200, 201, 204, 302, 303, 304])
def test_a_good_status_raises_nothing(status: int) -> None:
    """A form post ends in a redirect, an unchanged page in a 304."""
    for write in (False, True):
        raise_for_status(answer(status=status), "board 12", write)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry_After": "7"}, 7.0),
        (429, {}, 60.0),
        (
            429,
            {"Retry_After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"},
            60.0,
        ),
        (429, {"Retry_After": "Sun, 06 Nov 1994 08:50:37 GMT"}, 60.0),
        (503, {"Retry_After": "7"}, 7.0),
    ],
)
def test_a_named_pause_is_kept(status: int, headers: dict[str, Any], seconds: float) -> None:
    """A date is taken against the server's own clock: ours may be wrong by hours."""
    with pytest.raises(RateLimited) as caught:
        raise_for_status(answer(status=status, **headers), "board 12", write=False)
    assert caught.value.seconds == seconds


def test_an_overloaded_server_may_have_done_the_write() -> None:
    """A proxy answers 503 with a wait while the forum behind it goes on working."""
    with pytest.raises(OutcomeUnknown):
        raise_for_status(answer(status=503, Retry_After="7"), "thread 3", write=True)
