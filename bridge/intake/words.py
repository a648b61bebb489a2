"""The names that forms and spreadsheets really use, in English, Swedish and Norwegian.

Names are compared folded: no case, no accents, no blanks, `-` or `_`.
"""

import unicodedata
from collections.abc import Mapping

from bridge.leads import Intent

# Where a field goes → the folded names it comes under. Names that may mean something else as well
# (`typ`, `datum`, `consent`) stand in loose.py.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "external_id": ("externalid", "id", "leadid", "formid", "submissionid", "arendenummer"),
    "intent": ("intent", "leadtype"),
    "occurred_at": ("occurredat",),
    "country": ("country", "land", "countrycode", "landkod", "landskode"),
    "language": ("language", "lang", "sprak", "locale"),
    "name": ("name", "fullname", "namn", "navn", "kontakt", "contact", "fulltnavn",
             "forochefternamn"),
    "first_name": ("firstname", "givenname", "fornamn", "fornavn", "first", "fname"),
    "last_name": ("lastname", "surname", "familyname", "efternamn", "etternavn", "last", "lname"),
    "email": ("email", "emailaddress", "epost", "epostadress", "epostadresse", "mail", "mailadress",
              "emailid"),
    "email2": ("email2", "emailaddress2", "epost2", "alternativeemail"),
    "phone": ("phone", "phonenumber", "tel", "telephone", "telefon", "telefonnummer", "telefonnr",
              "tfn", "tlf", "tlfnr", "number", "nummer", "phone1", "telefon1"),
    "cell": ("mobile", "mobil", "mobilephone", "cell", "cellphone", "mobiltelefon", "mobilnummer",
             "mobilnr", "mobiltlf"),
    "work": ("workphone", "arbetstelefon", "jobbtelefon", "telefonarbete", "arbeidstelefon"),
    "home": ("homephone", "hemtelefon", "hjemmetelefon", "telefonhem"),
    "other": ("phone2", "telefon2", "otherphone", "alternativephone"),
    "street": ("street", "address", "streetaddress", "adress", "adresse", "gata", "gatuadress",
               "gate", "gateadresse"),
    "postal_code": ("postalcode", "zip", "zipcode", "postcode", "postnummer", "postnr"),
    "city": ("city", "ort", "stad", "postort", "sted", "poststed", "by", "town"),
    "national_id": ("nationalid", "personnummer", "personnr", "pnr", "ssn", "fodselsnummer",
                    "socialsecuritynumber"),
    "message": ("message", "meddelande", "melding", "comment", "comments", "kommentar", "fritext",
                "msg", "ovrigt"),
    "reference": ("reference", "ref", "referens", "referanse", "objectnumber", "objektnummer",
                  "objektnr", "propertyid", "property", "propertyreference", "bostad", "bolig",
                  "oppdragsnummer"),
    "title": ("title", "propertytitle", "objectaddress", "objektadress", "rubrik"),
    "customer_id": ("customerid", "kundid", "vitecid", "viteccustomerid"),
    "estate_id": ("estateid", "objectid", "objektid", "objekt", "vitecestateid", "bostadsid"),
    "case_guid": ("caseguid", "guid", "sakguid"),
    "case_id": ("caseid", "sakid", "saksnummer", "saksnr"),
    "order_id": ("orderid", "ordreid"),
    "processing_bases": ("processingbases", "processingbasis", "checkedprocessingbases",
                         "samtycken", "samtykker", "consentguids"),
    "consent_category": ("processingbasiscategory", "consentcategory"),
    "consent_system_type": ("processingbasissystemtype", "consentsystemtype"),
    "consent_at": ("consentat", "consentgivenat", "samtycketid", "samtykketid"),
    "referrer": ("referrer", "referer", "referral", "pageurl", "url", "landingpage"),
    "test": ("test", "istest", "testlead"),
}  # fmt: skip

INTENTS: Mapping[str, Intent] = {
    **{intent.value.replace("_", ""): intent for intent in Intent},
    "finalprice": Intent.FINAL_PRICE_WATCH,
    "finalpricewatched": Intent.FINAL_PRICE_WATCH,
    "slutpris": Intent.FINAL_PRICE_WATCH,
    "slutprisbevakning": Intent.FINAL_PRICE_WATCH,
    "bevakaslutpris": Intent.FINAL_PRICE_WATCH,
    "budbevakning": Intent.FINAL_PRICE_WATCH,
    "sluttpris": Intent.FINAL_PRICE_WATCH,
    "salgspris": Intent.FINAL_PRICE_WATCH,
    "intresse": Intent.INTEREST,
    "intresseanmalan": Intent.INTEREST,
    "interesse": Intent.INTEREST,
    "interessent": Intent.INTEREST,
    "interested": Intent.INTEREST,
    "project": Intent.PROJECT_FOLLOW,
    "projektbevakning": Intent.PROJECT_FOLLOW,
    "foljprojekt": Intent.PROJECT_FOLLOW,
    "folgprosjekt": Intent.PROJECT_FOLLOW,
    "bokning": Intent.RESERVATION,
    "reservasjon": Intent.RESERVATION,
    "vardering": Intent.VALUATION,
    "verdivurdering": Intent.VALUATION,
    "evaluation": Intent.VALUATION,
    "kontakt": Intent.CONTACT,
    "kontaktamig": Intent.CONTACT,
    "kontaktmeg": Intent.CONTACT,
    "contactme": Intent.CONTACT,
    "avregistrera": Intent.WITHDRAWAL,
    "avanmalan": Intent.WITHDRAWAL,
    "avmeld": Intent.WITHDRAWAL,
    "avmelding": Intent.WITHDRAWAL,
    "unsubscribe": Intent.WITHDRAWAL,
    "withdraw": Intent.WITHDRAWAL,
}

COUNTRIES: Mapping[str, str] = {
    "sverige": "SE", "sweden": "SE", "swe": "SE", "norge": "NO", "norway": "NO", "nor": "NO",
    "noreg": "NO", "danmark": "DK", "denmark": "DK", "dnk": "DK", "finland": "FI", "suomi": "FI",
    "fin": "FI", "aland": "AX", "uk": "GB", "england": "GB", "storbritannien": "GB",
    "polen": "PL", "poland": "PL", "island": "IS", "iceland": "IS", "tyskland": "DE",
    "germany": "DE",
}  # fmt: skip

TRUE = frozenset({"true", "on", "yes", "ja", "1", "y", "x"})
FALSE = frozenset({"false", "off", "no", "nej", "nei", "0", "n", ""})


def fold(name: str) -> str:
    """`E-post adress` → `epostadress`, `Förnamn` → `fornamn`, `Etternavn*` → `etternavn`."""
    text = name.casefold().translate({ord("ø"): "o", ord("æ"): "ae", ord("ß"): "ss"})
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isalnum())


BY_NAME: Mapping[str, str] = {name: field for field, names in FIELDS.items() for name in names}
