"""Rule 2: take away what computers did to the text, before anybody reads it."""

import html
import re
import unicodedata
from urllib.parse import unquote

LONGEST = 250  # uncapped, a splitter is a denial of service
HUGE = 4_000  # no field is longer; what comes after is not even cleaned
PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
ENTITY = re.compile(r"&(?:#\w{1,8}|\w{2,10});")
QUOTED = re.compile(r"^\s*=?\s*[\"'`´’‘]+\s*(.*?)\s*[\"'`´’‘]*\s*$", re.DOTALL)
FORMULA = re.compile(r"^\s*=\s*(?=[+\d(])")
FLOAT = re.compile(r"^\s*(\+?\d{6,15})[.,]0{1,6}\s*$")
THOUSANDS = re.compile(r"^\s*\+?\d{1,3}(?:([,.'])\d{3})(?:\1\d{3}){1,4}\s*$")
CARRIER = re.compile(r"^\s*(?:\*31[*#]|#31#|\*67|\*82)\s*")  # hide or show the caller's number
DASHES = "ーｰ〜～‐‑‒–—―−﹘﹣－·•․‧∙⋅。"
TABLE = {ord(one): "-" for one in DASHES} | {0: None}


def clean(text: str) -> str:
    """Plain ASCII punctuation and digits; letters stay as they are. At most 250 characters."""
    text = text[:HUGE]
    if not text.isascii() or "\x00" in text or "&" in text or "%" in text:
        text = _decoded(text)
    text = CARRIER.sub("", text)
    text = FORMULA.sub("", QUOTED.sub(r"\1", text) if text.strip()[:1] in "=\"'`´’‘" else text)
    whole = FLOAT.match(text)
    if whole:
        text = whole[1]
    elif THOUSANDS.match(text):
        text = re.sub(r"[,.']", "", text)
    return text.strip()[:LONGEST]


def _decoded(text: str) -> str:
    if ENTITY.search(text):
        text = html.unescape(text)
    if PERCENT.search(text):
        text = unquote(text, errors="replace")
    text = unicodedata.normalize("NFKC", text.translate(TABLE)).translate(TABLE)
    return "".join(map(_plain, text))


def _plain(char: str) -> str:
    if char.isascii():
        return char
    match unicodedata.category(char):
        case "Nd":
            return str(unicodedata.decimal(char))
        case "Cf" | "Cc" | "Cs" | "Co" | "Cn" | "Mn":
            return ""
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Pd":
            return "-"
        case _:
            return char
