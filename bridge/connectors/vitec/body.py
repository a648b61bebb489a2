"""One lead as Vitec's AdvertisingFinalPriceWatchedApplication (FACTS 1B.2, 4.2)."""

import re
from collections.abc import Mapping
from typing import Any

from bridge.connectors import language, people
from bridge.connectors.base import Parcel
from bridge.connectors.vitec.settings import FinalPriceWatched, VitecAccount
from bridge.phones import Kind

PHONE_LIMIT = 17  # of the sibling models (FACTS 1B.2)
OTHER_LANGUAGE: Mapping[str, language.Language] = {"no": "no", "nb": "no", "nn": "no", "en": "en"}


class Body:
    """One lead as AdvertisingFinalPriceWatchedApplication (FACTS 1B.2, 4.2)."""

    def __init__(
        self,
        account: VitecAccount,
        parcel: Parcel,
        options: FinalPriceWatched,
        left: people.Leftovers,
    ) -> None:
        self._account = account
        self._parcel = parcel
        self._options = options
        self._left = left
        self._language = OTHER_LANGUAGE.get((parcel.lead.language or "sv")[:2].lower(), "sv")
        self._words = language.words(self._language)

    def build(self) -> dict[str, Any]:
        """Empty where there is nothing to reach the person by."""
        person = self._parcel.lead.person
        emails = people.emails(self._parcel, self._left, self._words["email"])
        phones = self._telephone()
        if not emails and not phones:
            return {}
        body: dict[str, Any] = {
            "person": {
                **self._names(),
                **(self._national_id() if self._options.send_national_id else {}),
                "address": _filled(
                    streetAddress=person.address.street,
                    zipCode=re.sub(r"\s", "", person.address.postal_code or ""),
                    city=person.address.city,
                ),
                "email": _filled(
                    emailAddress=next(iter(emails), None),
                    emailAddress2=next(iter(emails[1:]), None),
                ),
                "telephone": phones,
            },
            "prospectiveBuyerStatus": self._options.prospective_buyer_status,
            "leadSourceId": self._options.source_for(self._utm()),
            "marketing": self._marketing(),
            "message": self._message(),
        }
        body["person"] = _filled(**body["person"])
        return _filled(**body)

    def _names(self) -> dict[str, str]:
        """Both are required, 1 to 30 characters; a longer name goes to the message (V-T3, V-T4)."""
        person, limit = self._parcel.lead.person, self._account.max_name
        filler = self._options.last_name_filler
        first, first_lost = people.cut(person.first_name or "", limit)
        last, last_lost = people.cut(person.last_name or "", limit)
        if not first and last:
            first, last = last, ""
        if first_lost or last_lost:
            self._left.add(f"name over {limit} characters", self._words["name"], person.name)
        return {"firstName": first or filler, "lastName": last or filler}

    def _national_id(self) -> dict[str, Any]:
        person = self._parcel.lead.person
        return {
            "socialSecurityNumber": person.national_id,
            "isForeignSocialSecurityNumber": person.national_id_is_foreign or None,
        }

    def _telephone(self) -> dict[str, str]:
        """cell, home, work, other, one number each; the rest goes to the message."""
        slots: dict[str, str] = {}
        for number in people.numbers(self._parcel, self._left, self._words["phone"]):
            slot = _slot(number)
            if slot in slots or len(number.e164) > PHONE_LIMIT:
                self._left.add("further phone", self._words["phone"], number.e164)
            else:
                slots[slot] = number.e164
        return slots

    def _marketing(self) -> dict[str, Any]:
        """FormMarketing; the page gives no names of tags, so the web's own are used (S2:43-54)."""
        referrer = self._parcel.lead.marketing.referrer or self._options.marketing.referrer
        tags = [{"name": f"utm_{name}", "value": value} for name, value in self._utm().items()]
        return _filled(referrer=referrer, utmTags=tags)

    def _utm(self) -> dict[str, str]:
        """The destination's, with the lead's own in their place; `utm_source` is `source`."""
        given = {**_plain(self._options.marketing.utm), **_plain(self._parcel.lead.marketing.utm)}
        return {name: value for name, value in given.items() if value}

    def _message(self) -> str:
        """Says what it is, since brokers read a watch as an interest (V-T13), and our id."""
        lead, words = self._parcel.lead, self._words
        place = ", ".join(filter(None, (lead.property.title, lead.property.reference)))
        return people.joined(
            (
                language.wish(lead.intent, self._language),
                words["duplicate"] if self._parcel.possible_duplicate else "",
                f"{words['property']}: {place}" if place else "",
                lead.message or "",
                *self._left.lines,
                f"{words['source']}: {self._parcel.source}",
                f"{words['lead']}: {self._parcel.lead_id}",
            ),
        )


def _slot(number: people.Number) -> str:
    """RULES: mobile → cell; fixed → home, or work where the lead says so; the rest → other."""
    if number.kind in {Kind.MOBILE, Kind.FIXED_OR_MOBILE}:
        return "cell"
    if number.kind is Kind.FIXED:
        return "work" if number.label == "work" else "home"
    return "other"


def _plain(utm: Mapping[str, str]) -> dict[str, str]:
    """Some senders write `utm_source`, some `source`; no tag is named utm_utm_source."""
    return {re.sub(r"(?i)^utm_", "", name): value for name, value in utm.items()}


def _filled(**values: Any) -> dict[str, Any]:
    """Only what says something: an empty string is not `present` to a vendor."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}
