"""Rules 3 and 5: what only looks like a number, alone and beside one; several numbers."""

import pytest

from bridge.phones import normalize

MOBILE, FIXED = "+46701740605", "+46846500405"

LOOKALIKES: dict[str, list[str]] = {
    "a date": [
        *("2025-01-31", "2025/01/31", "2025.01.31", "2025 01 31", "20250131", "2025-1-3"),
        *("31.01.2025", "31/01/2025", "31-01-2025", "3.1.2025", "31. 1. 2025", "01/31/2025"),
        *("31/1-25", "31/1-2025", "31/1 2025", "31/1", "31.01.25", "08-12-2025", "2025‑01‑31"),
        *(
            "2025-01-31 12:30",
            "2025-01-31T12:30:00Z",
            "2025-01-31T12:30:00+01:00",
            "20250131123000",
        ),
        *("1985-07-14", "den 31/1", "2O25-01-31"),
    ],
    "hours": [
        *("08.30-16.30", "08:30–16:30", "8.30-16", "08.00 - 17.00", "0800-1630", "0900-1700"),
        *("kl 08-17", "kl. 08.00", "mån-fre 8-17", "Vardagar 08:00 till 17:00", "12:30"),
        *("08.00-16.00, 09.00-15.00", "10.00-18.00 lör 10-14"),
    ],
    "identity number": [
        *("910101-1234", "19910101-1234", "910101+1234", "910161-1234", "910101 1234"),
        *("199101011234", "19910101 1234", "8112289874", "050312-1234", "010190-1234"),
        *("556036-0793", "010190 12345", "131052-308T", "131052A308T"),
    ],
    "an IP address": ["192.168.1.10", "10.0.0.1:8080", "192.168.100.200", "46.101.20.30"],
    "coordinates": [
        *("59.3293, 18.0686", "59.32932,18.06858", "59.3293 18.0686", "18.0686123"),
        *("59°19'46\"N 18°4'7\"E", "N 59° 19.123"),
    ],
    "an amount of money": [
        *("3 600 000 kr", "3.600.000:-", "3600000 kr", "kr 3 600 000,-", "SEK 3600000", "3,6 mkr"),
        *("€ 250.000", "250 000 €", "$250,000.00", "701740605 kr", "Pris: 701740605"),
        *("846 500 405,-", "12 500 000 NOK", "2 miljoner"),
    ],
    "a labelled id": [
        *("Kundnr 701740605", "Kundnr: 0701740605", "kund-id 701740605", "Kund nr 846 500 405"),
        *("Kundnr 070-174 06 05", "Kundnr är 701740605", "Customer no 701740605"),
        *("Orgnr 556036-0793", "Org.nr 846500405", "Organisationsnummer 846500405", "CVR 41234690"),
        *("ref 701740605", "Ref: AB-701740605", "ref#701740605", "referansenr 701740605"),
        *("ärende 701740605", "Ärendenr: 701740605", "objekt 701740605", "objekt-id 701740605"),
        *("sak 24/701740605", "Saksnr 701740605", "case 701740605", "Case-ID: 701740605"),
        *("Ordernr 701740605", "fakturanr 701740605", "ID: 46701740605", "BG 701740605"),
        *("pnr: 0701740605", "Finn-kode 701740605", "OCR 701740605", "reference number 701740605"),
    ],
    "scientific notation": ["4.6702E+10", "4,67E+10", "7.01740605E8", "467E+08", "7.0174e+08"],
    "an error from a spreadsheet": ["#NUM!", "#N/A", "#REF!", "#DIV/0!", "########", "#VÄRDEFEL!"],
    "a masked number": [
        *(
            "08-465 005 xx",
            "08-465004XX",
            "070-174****",
            "070-***-**05",
            "****0605",
            "08-465 004 0x",
        ),
        *("08-465 004 __", "08-465 004--", "08-465 004...", "08-465 004…", "08-465 00 4••"),
        *("070-174 ?? ??", "08-465 004 0?", "070?1740605", "08-465 004 *5", "08-465 0**05"),
    ],
    "an e-mail address": ["0701740605@example.se", "anna.0701740605@example.com"],
    "a web address": [
        *("https://example.se/0701740605", "www.example.se/0701740605", "example.se/0701740605"),
        *("https://wa.me/46701740605", "http://x.y/?tel=0701740605"),
    ],
    "a card number": ["4111 1111 1111 1111"],
    "digits with a letter among them": ["08-465 0A4 05", "Anna 07O-1740605"],
}


@pytest.mark.parametrize(
    ("what", "raw"), [(what, raw) for what, raws in LOOKALIKES.items() for raw in raws]
)
def test_it_is_no_phone(what: str, raw: str) -> None:
    for region in ("SE", None):
        phone = normalize(raw, region)
        assert phone.e164 is None
        assert what in phone.reason


@pytest.mark.parametrize(
    "raw",
    [
        *("20250131", "31.01.2025", "01019012345", "010190 12345", "Orgnr 987 654 321"),
        *("orgnr. 41234690", "Org.nr: 412 34 690", "saksnr 24/41234690", "kundenr. 41234690"),
        *("Oppdragsnr 41234690", "finnkode: 41234690", "41234690 kr", "kr 41 234 690,-"),
        *("41 234 690,-", "4123469x", "412 34 6xx", "59.9139, 10.7522", "4111 1111 1111 1111"),
    ],
)
def test_it_is_no_phone_in_norway_either(raw: str) -> None:
    assert normalize(raw, "NO").e164 is None


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("070174-0605", "SE", MOBILE),  # 14 July 2007, had it the check digit
        ("0302175989", "SE", "+46302175989"),  # with no blank or sign, first of all a phone
        ("08.12.34.56.78", "SE", "+46812345678"),
        ("08-12 20 25", "SE", "+468122025"),
        ("41.23.46.90", "NO", "+4741234690"),
        ("20 25 01 31", "DK", "+4520250131"),
    ],
)
def test_a_phone_that_looks_like_something_else(raw: str, region: str, e164: str) -> None:
    assert normalize(raw, region).e164 == e164


@pytest.mark.parametrize(
    "beside",
    [
        *("anna@example.se", "910101-1234", "2025-01-31", "2025-01-31T12:30:00", "31.01.2025:"),
        *("31/1", "3 600 000 kr,", "08.30-16.30", "kl 12:30", "vardagar 8-17", "efter 18"),
        *("www.example.se", "https://example.se/12345678", "10.0.0.1", "Kundnr 12345"),
        *("Kundnr 12345, tel", "ref 2024-0012", "Objekt 12, tel:", "08-465 005 xx,", "12345,"),
    ],
)
def test_a_phone_beside_it_is_found(beside: str) -> None:
    assert normalize(f"{beside} 070-174 06 05", "SE").e164 == MOBILE


@pytest.mark.parametrize(
    "between",
    [
        *(" / ", "/", ", ", ",", ";", " | ", "\n", "\r\n", "\t", " ", "   ", " - ", "\\", "<br>"),
        *(" och ", " eller ", " el. ", " el ", " og ", " or ", " and ", " & ", "&", " samt "),
        *(" alt. ", " o ", "\u2028", " och/eller ", " (mobil), ", " + ", " • ", ", hem: ", " H"),
    ],
)
def test_several_numbers_in_one_field(between: str) -> None:
    phone = normalize(f"070-174 06 05{between}08-465 004 05", "SE")
    assert (phone.e164, phone.alternates) == (MOBILE, (FIXED,))


@pytest.mark.parametrize(
    ("raw", "region", "found"),
    [
        ("070-174 06 05 (08-465 004 05)", "SE", [MOBILE, FIXED]),
        ("0701740605 0846500405 0846500406", "SE", [MOBILE, FIXED, "+46846500406"]),
        ("070/1740605, 08/46500405", "SE", [MOBILE, FIXED]),
        ("+46701740605+46846500405", "NO", [MOBILE, FIXED]),
        ("0046701740605 0046846500405", None, [MOBILE, FIXED]),
        ("070-174 06 05, 0701740605, +46701740605", "SE", [MOBILE]),
        ("12345, 465 004 05, 070-174 06 05", "SE", [MOBILE]),
        ("fel: 070-17406, rätt: 070-1740605", "SE", [MOBILE]),
        ("08-465 004 05/06", "SE", [FIXED]),
        ("08-465 004 05-07", "SE", [FIXED]),
        ("41 23 46 90 41 23 46 91", "NO", ["+4741234690", "+4741234691"]),
        ("412 34 690 og 412 34 691", "NO", ["+4741234690", "+4741234691"]),
        ("mobil 41234690 jobb 22123456", "NO", ["+4741234690", "+4722123456"]),
    ],
)
def test_the_first_valid_one_comes_first(raw: str, region: str | None, found: list[str]) -> None:
    phone = normalize(raw, region)
    assert [phone.e164, *phone.alternates] == found
