"""Pure: bytes that somebody else wrote, read as text; nothing here can fail or be slow."""

from __future__ import annotations

import codecs
import re

# Labels of the WHATWG Encoding Standard (lower case, _ as -) by the Python codec that reads them. A closed
# list: Python knows codecs that a stranger must not choose (punycode and idna take quadratic time,
# unicode_escape reads escapes), and codecs.lookup keeps every unknown name that it is asked for.
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le ucs-2 unicode iso-10646-ucs-2 csunicode",
    "utf-16-be": "utf-16be unicodefffe",
    # read so by every browser, for windows-1252 is what is sent under these names
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 latin1 latin-1 l1 ascii us-ascii",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 latin5 l5",
    "cp874": "windows-874 iso-8859-11 iso8859-11 tis-620 dos-874",
    "gb18030": "gb18030 gbk gb2312 gb-2312 gb-2312-80 x-gbk chinese csgb2312",
    "big5hkscs": "big5 big5-hkscs big-5-hkscs cn-big5 x-x-big5 csbig5",
    "cp932": "shift-jis sjis x-sjis ms932 ms-kanji windows-31j csshiftjis",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr cseuckr ks-c-5601 ks-c-5601-1987 ks-c-5601-1989 ksc5601 ksc-5601 korean windows-949",
    "koi8-r": "koi8-r koi8 koi cskoi8r",
    "koi8-u": "koi8-u koi8-ru",
    "cp866": "ibm866 cp866 866 csibm866",
    "mac-roman": "macintosh mac x-mac-roman csmacintosh",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "iso8859-8": "iso-8859-8 iso8859-8 iso-8859-8-i hebrew visual logical",
    **{f"iso8859-{n}": f"iso-8859-{n} iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16)},
    **{f"cp125{n}": f"windows-125{n} cp125{n} x-cp125{n}" for n in (0, 1, 3, 5, 6, 7, 8)},
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_HEADER = re.compile(r"""charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_INSIDE = re.compile(
    rb"""(?:<\?xml[^>]{1,200}?encoding|<meta[^>]{1,300}?charset)\s{0,8}=\s{0,8}["']?([A-Za-z0-9_.:-]{1,40})""",
    re.IGNORECASE,
)
_INSIDE_WITHIN = 1024
"""Bytes of a page in which it may declare its encoding (HTML standard, "prescan a byte stream")."""


def decoded(body: bytes, content_type: str, fallback: str = "windows-1252") -> str:
    """The text of a body by byte order mark, header, declaration inside, utf-8, then `fallback`; never fails.

    Encodings that browsers do not know are passed over; what cannot be read becomes U+FFFD.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    declared = _HEADER.search(content_type)
    codec_named = _codec(declared[1]) if declared else None
    if codec_named is None and _may_declare(content_type):
        inside = _INSIDE.search(body[:_INSIDE_WITHIN])
        codec_named = _codec(inside[1].decode("ascii")) if inside else None
        if codec_named is not None and codec_named.startswith("utf-16"):
            codec_named = "utf-8"  # it was read as ASCII, so utf-16 it is not
    if codec_named is not None:
        return body.decode(codec_named, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode(_codec(fallback) or "cp1252", "replace")


def _may_declare(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return not kind or "html" in kind or "xml" in kind


def _codec(label: str) -> str | None:
    return _CODECS.get(label.strip().lower().replace("_", "-"))
