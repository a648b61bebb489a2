"""The few words that we put into a vendor's free text, in the language of its reader."""

from collections.abc import Mapping
from typing import Literal

from bridge.leads import Intent

Language = Literal["sv", "no", "en"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "sv": {
        "final_price_watch": "Bevakning av slutpris",
        "interest": "Intresseanmälan",
        "project_follow": "Följer projektet",
        "reservation": "Reservation",
        "valuation": "Önskar värdering",
        "contact": "Önskar kontakt",
        "property": "Bostad",
        "lead": "Lead",
        "source": "Källa",
        "name": "Fullständigt namn",
        "phone": "Telefon",
        "email": "E-post",
        "address": "Adress",
        "referrer": "Från sidan",
        "utm": "Kampanj",
        "duplicate": "OBS: kan vara en dubblett, svaret på ett tidigare försök gick förlorat.",
        "new_lead": "Nytt lead",
    },
    "no": {
        "final_price_watch": "Ønsker å få vite salgsprisen",
        "interest": "Interessert",
        "project_follow": "Følger prosjektet",
        "reservation": "Reservasjon",
        "valuation": "Ønsker verdivurdering",
        "contact": "Ønsker kontakt",
        "property": "Bolig",
        "lead": "Lead",
        "source": "Kilde",
        "name": "Fullt navn",
        "phone": "Telefon",
        "email": "E-post",
        "address": "Adresse",
        "referrer": "Fra siden",
        "utm": "Kampanje",
        "duplicate": "OBS: kan være en dublett, svaret på et tidligere forsøk gikk tapt.",
        "new_lead": "Nytt lead",
    },
    "en": {
        "final_price_watch": "Wants to know the final price",
        "interest": "Interested",
        "project_follow": "Follows the project",
        "reservation": "Reservation",
        "valuation": "Wants a valuation",
        "contact": "Wants to be contacted",
        "property": "Property",
        "lead": "Lead",
        "source": "Source",
        "name": "Full name",
        "phone": "Phone",
        "email": "E-mail",
        "address": "Address",
        "referrer": "From the page",
        "utm": "Campaign",
        "duplicate": "NB: may be a duplicate, the answer to an earlier attempt was lost.",
        "new_lead": "New lead",
    },
}


def words(language: Language) -> Mapping[str, str]:
    return WORDS[language]


def wish(intent: Intent, language: Language) -> str:
    return WORDS[language][intent.value]
