"""Dates and hours, as people and computers write them (rule 3)."""

import re

DAY, MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
TWO_DIGIT_DAY, TWO_DIGIT_MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"
YEAR = r"(?:19|20)\d\d"
BEGINS = r"(?<![\d+])(?<!\d[./-])"  # part of a longer row of digits is neither date nor hour
ENDS = r"(?![./-]?\d)"
NO_PAIR_FOLLOWS = r"(?! \d\d?(?!\d))"  # 08.12.34 56 is a phone

FULL_DATE = re.compile(
    rf"{BEGINS}(?:{YEAR}(?P<a>[./-] ?){MONTH}(?P=a){DAY}"  # 2025-01-31
    rf"|{DAY}(?P<b>[./-] ?){MONTH}(?P=b){YEAR}"  # 31.01.2025
    rf"|{MONTH}(?P<c>[/-]){DAY}(?P=c){YEAR}){ENDS}"  # 01/31/2025
)
SHORT_DATE = re.compile(
    rf"{BEGINS}(?<!\d )(?:{DAY}(?P<a>[./]){MONTH}(?P=a)\d\d"  # 31.01.25
    rf"|{DAY}/{MONTH}(?:[ -](?:{YEAR}|\d\d))?"  # 31/1, 31/1-25
    rf"|{YEAR} {TWO_DIGIT_MONTH} {TWO_DIGIT_DAY}"
    rf"|{YEAR}{TWO_DIGIT_MONTH}{TWO_DIGIT_DAY}(?:\d{{6}})?){ENDS}{NO_PAIR_FOLLOWS}"
)

HOUR, MINUTES = r"(?:[01]?\d|2[0-4])", r"[.:][0-5]\d"
PLAIN_TIME = r"(?:[01]\d|2[0-4])(?:00|15|30|45)"
UNTIL = r" ?(?:-|till?\b|to\b) ?"
NO_PHONE_FOLLOWS = r"(?![./:-]?\d)(?! [1-9])"  # a number after a blank begins with 0 or +

HOURS = re.compile(
    rf"{BEGINS}(?:{HOUR}{MINUTES}{UNTIL}{HOUR}(?:{MINUTES})?"  # 08.30-16.30
    rf"|{HOUR}{UNTIL}{HOUR}{MINUTES}"
    rf"|{PLAIN_TIME}{UNTIL}{PLAIN_TIME}"  # 0800-1630, which is valid in Sweden
    rf"|\({HOUR} ?- ?{HOUR}\)"
    rf"|{HOUR}:[0-5]\d(?::[0-5]\d)?){NO_PHONE_FOLLOWS}",
    re.IGNORECASE,
)
SPOKEN_HOURS = re.compile(
    r"(?<![^\W\d_])(?:kl|klo|klockan|klokk[ae]n?|efter|after|et+er|före|innan|before"
    r"|vardagar|hverdager|hverdage|daglig(?:en|t)?"
    r"|(?:mån|tis|ons|tors?|fre|lör|sön|man|tirs?|lør|søn)(?:dag(?:ar)?)?"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?)"
    rf"[.: ]{{0,3}}{HOUR}(?:{MINUTES})?(?:{UNTIL}{HOUR}(?:{MINUTES})?)?{NO_PHONE_FOLLOWS}",
    re.IGNORECASE,
)
