"""Rule 2: undo what computers did to the text, before anybody reads it."""

import html
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

LONGEST = 250  # an uncapped splitter is a denial of service
LONGEST_RAW = 1_000  # nor is more than this cleaned: canonical ordering takes quadratic time

PERCENT_CODE = re.compile(r"%[0-9A-Fa-f]{2}")
TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
BULLETS = re.compile("[\u00b7\u2022\u2219\u22c5\u25cf]{2,}")  # a password field's mask

# 701740605.0: a text with a leading zero was never a float, so a dot in it may be a person's.
FLOAT = re.compile(r"(?<![\d.,-])(?:(\+?\d{9,15})[.,]0|([1-9]\d{5,14})[.,]0{1,6})(?![\d.,])")
THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3}){2,4})(?:\.0{1,2})?(?![\d.,])")
CARRIER_CODE = re.compile(r"^(?:[*#]{1,2}\d{2,3}[*#]|\*(?:67|82)) ?")  # hides the caller's number
DAMAGED_START = "='\"` "
NO_QUOTES = str.maketrans("", "", "'\"`")

SIGNS = {
    **dict.fromkeys("\u02d7\u2043\u2212\u2796\u30fc", "-"),  # dashes that Unicode calls otherwise
    **dict.fromkeys("\u00b7\u2022\u2027\u2219\u22c5\u25cf\u3002\u30fb", "-"),
    **dict.fromkeys("\u2044\u2215", "/"),
    **dict.fromkeys("\u2018\u2019\u201c\u201d\u2032\u2033\u00ab\u00bb", "'"),
    **dict.fromkeys("\n\r\v\f\x85", "\n"),
    "\t": " ",
    "\ufffd": " ",  # mostly a no-break space in the wrong encoding
    "\u2795": "+",
}


def clean(text: str) -> str:
    """ASCII digits and signs; letters stay as they are. At most `LONGEST` characters."""
    text = text.strip()[:LONGEST_RAW]
    if "%" in text or "&" in text:
        text = _decoded(text)
    if "<" in text:
        text = TAG.sub("\n", text)
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", text)[:LONGEST_RAW]
        text = "".join(map(_plain, BULLETS.sub("**", text)))
    return _capped(_mended(text).strip())


def _decoded(text: str) -> str:
    for _ in range(2):  # what went through two forms is encoded twice
        text = html.unescape(text)
        if PERCENT_CODE.search(text):
            # Where the plus itself is encoded, a bare one stands for a blank.
            text = unquote_plus(text) if "%2b" in text.lower() else unquote(text)
    return text


@lru_cache(maxsize=1024)
def _plain(char: str) -> str:
    if char in SIGNS:
        return SIGNS[char]
    match unicodedata.category(char):
        case "Nd":
            return str(unicodedata.decimal(char))
        case "Zs":
            return " "
        case "Zl" | "Zp":
            return "\n"
        case "Pd":
            return "-"
        case "Cc" | "Cf" | "Cn" | "Co" | "Cs" | "Me" | "Mn":
            return ""
        case _:
            return char


def _mended(text: str) -> str:
    """Without the traces of a spreadsheet or of a carrier."""
    text = text.lstrip(DAMAGED_START).translate(NO_QUOTES)
    text = CARRIER_CODE.sub("", text)
    if "," in text or "." in text:
        text = FLOAT.sub(r"\1\2", text)
        text = THOUSANDS.sub(lambda found: found[1].replace(",", ""), text)
    return text


def _capped(text: str) -> str:
    """A number cut in two may be another number: what the cap goes through is left out."""
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip("0123456789+-./() ")
