"""Bytes to text, by what the sender calls their charset and by what they turn out to be."""

import codecs

# What is meant where a smaller or older set is named: mail programs name one and write the other.
MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "iso-2022-cn": "iso2022_cn",
}
# Names that say nothing.
UNKNOWN = frozenset({"", "unknown", "unknown-8bit", "x-unknown", "default", "default_charset", "binary", "8bit"})
# The set that nearly every real text in a larger one keeps to.
SMALLEST = {"gb18030": "gb2312", "big5hkscs": "big5", "cp932": "shift_jis", "cp949": "euc_kr"}
FIRST_IDEOGRAPHIC = "\u2e80"
# So many Chinese characters in a row of bytes are no accident of accented letters.
FEWEST_CHINESE = 2
GUESSES = ("utf-8", "gb18030", "big5hkscs")
ESCAPES = b"\x1b$"


def decoded(raw: bytes, charset: str) -> tuple[str, bool]:
    """Return bytes as text, and whether that went without a doubt; what no charset explains is marked by U+FFFD."""
    named = charset.strip().strip("\"'").lower()
    meant = MEANT.get(named, named)
    if named not in UNKNOWN:
        is_other = _is_utf_8_after_all(raw, meant) or _is_chinese_after_all(raw, meant)
        found = None if is_other else _strictly(raw, meant)
        if found is not None:
            return clean(found), True
    if not raw.isascii() or ESCAPES in raw:
        guessed = next((text for each in _guesses(raw) if (text := _strictly(raw, each)) is not None), None)
        if guessed is not None:
            return clean(guessed), False
    last = meant if named not in UNKNOWN and _is_known(meant) else "utf-8"
    return clean(raw.decode(last, "replace")), raw.isascii() and named in UNKNOWN


def _is_utf_8_after_all(raw: bytes, meant: str) -> bool:
    """Tell whether a text called by a Chinese, Japanese or Korean set is UTF-8: so read, it has rare characters only.

    Nearly all bytes are some text in those sets, hardly any but UTF-8 are UTF-8.
    """
    if meant not in SMALLEST or raw.isascii() or _strictly(raw, SMALLEST[meant]) is not None:
        return False
    text = _strictly(raw, "utf-8")
    return text is not None and any(character >= FIRST_IDEOGRAPHIC for character in text)


def _is_chinese_after_all(raw: bytes, meant: str) -> bool:
    """Tell whether a text called Western is Chinese: nearly all bytes are Western text, but accents stand alone."""
    if meant != "cp1252" or raw.isascii():
        return False
    text = _strictly(raw, "utf-8") or _strictly(raw, "gb2312")
    return text is not None and sum(character >= FIRST_IDEOGRAPHIC for character in text) >= FEWEST_CHINESE


def _strictly(raw: bytes, charset: str) -> str | None:
    if charset == "iso2022_cn":
        return _iso_2022_cn(raw)
    try:
        # A mail may be cut off within a character: what came before it is right all the same.
        return codecs.getincrementaldecoder(charset)("strict").decode(raw, final=False)
    except (UnicodeError, LookupError, ValueError, TypeError):
        return None


def _is_known(charset: str) -> bool:
    try:
        return codecs.lookup(charset)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _guesses(raw: bytes) -> tuple[str, ...]:
    return ("iso2022_jp_ext", "iso2022_kr", "iso2022_cn", "hz") if ESCAPES in raw else GUESSES


def _iso_2022_cn(raw: bytes) -> str | None:
    """Return text of ISO-2022-CN (RFC 1922): GB 2312 between SO and SI; its other planes are not known here.

    Python has no codec of that name.
    """
    text, shifted = "", False
    for place, piece in enumerate(raw.replace(b"\x1b$)A", b"").replace(b"\x0f", b"\x0e").split(b"\x0e")):
        shifted = place % 2 == 1
        if b"\x1b" in piece:
            return None
        part = bytes(byte | 0x80 for byte in piece) if shifted else piece
        try:
            text += part.decode("gb2312" if shifted else "ascii")
        except UnicodeError:
            return None
    return text


def clean(text: str) -> str:
    """Return text that the database can keep, its lines ending in a plain line feed."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").lstrip("\ufeff")
    return plain.encode("utf-8", "replace").decode("utf-8") if _has_surrogates(plain) else plain


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
