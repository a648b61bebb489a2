"""The inventory: flats and listings in pages, with the page's own oddities (H-T19)."""

from collections.abc import Callable, Iterator
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.homeq.gate import Gate

MOMENT = "2023-11-15T09:56:48.761296"
WITH_WINNER = {"reserved", "rented", "deleted"}
Row = dict[str, Any]

FILTERS: dict[str, Callable[[Row], object]] = {
    "type": lambda row: row["type"],
    "apartment.id": lambda row: row["apartment"]["id"],
    "apartment.external_id": lambda row: row["apartment"]["external_id"],
    "estate.id": lambda row: row["estate"]["id"],
    "project.id": lambda row: (row.get("project") or {}).get("id"),
    "listing.status": lambda row: (row.get("object_ad") or {}).get("status"),
}


class Inventory:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[Route]:
        return [self._gate.route("/inventory", self.inventory)]

    async def inventory(self, request: Request) -> Any:
        """`total` is a text with a comma, `amount` is 10 unless it is said, `most` at most."""
        query, landlord = request.query_params, self._gate.landlord
        amount = min(int(query.get("amount", "10")), landlord.most)
        offset = int(query.get("offset", "0"))
        found = [row for row in self._rows() if self._fits(row, query)]
        return {"results": found[offset : offset + amount], "total": f"{len(found)},"}

    def _fits(self, row: Row, query: QueryParams) -> bool:
        """Below the selected office alone, unless it is asked otherwise."""
        if query.get("use_root_office") != "true":
            below = row["estate"]["office"]["id"] == self._gate.landlord.selected_office
            if not below:
                return False
        return all(str(fact(row)) == query[name] for name, fact in FILTERS.items() if name in query)

    def _rows(self) -> Iterator[Row]:
        landlord = self._gate.landlord
        for number, flat in landlord.apartments.items():
            yield self._flat(number, flat) | {"identifier": f"apartment.{number}"}
        for number, listing in landlord.listings.items():
            flat = landlord.apartments.get(listing["apartment"], {})
            row = self._flat(listing["apartment"], flat)
            yield row | self._listing(number, listing)

    def _flat(self, number: int, flat: Row) -> Row:
        return {
            "apartment": {
                "address": {
                    "city": "Stockholm",
                    "county": "Stockholms Län",
                    "lgh": f"1{number:03}",
                    "municipality": "Stockholm",
                    "street_name": flat.get("street_name", "Kungsgatan"),
                    "street_number": "16A",
                    "zip_code": "11135",
                },
                "amenities": {"has_balcony": True},
                "area": 57,
                "external_id": flat.get("landlord_object_id", ""),
                "floor": 3,
                "has_ad": True,
                "has_draft": False,
                "has_rentals": False,
                "id": number,
                "images": [{"caption": "x" * self._gate.landlord.wordy, "id": 1, "position": 1}],
                "location": {"lat": 13.998, "lon": 59.342},
                "notes_count": 1,
                "rent": 6747,
                "rooms": 1.5,
            },
            "estate": {
                "city": "Stockholm",
                "company": {"id": 3, "name": "Landlord AB"},
                "external_id": "estate-1712-4453",
                "id": 4,
                "images": [],
                "name": "Solrosen 1",
                "number_of_apartments": 12,
                "office": {"id": flat.get("office", 5), "name": "Söder"},
            },
            "indexed_at": MOMENT,
            "type": "apartment",
        }

    def _listing(self, number: int, listing: Row) -> Row:
        project = self._gate.landlord.projects.get(listing["project"] or 0)
        won = listing["won"] if listing["status"] in WITH_WINNER else None
        shown: Row = {
            "identifier": f"object_ad.{number}",
            "object_ad": {
                "access_on_agreement": False,
                "assignments": [
                    {"first_name": "Maria", "id": 15, "landlord_profile_id": 8, "last_name": "Ek"}
                ],
                "date_created": MOMENT,
                "date_publish": MOMENT,
                "id": number,
                "is_short_lease": False,
                "status": listing["status"],
            },
            "project": {"id": listing["project"], "name": project["name"]} if project else None,
            "requirements": None,
            "type": "object_ad",
        }
        return shown | ({"reserved_application": _application(won)} if won else {})


def _application(won: Row) -> Row:
    """The winner, and whoever applied together with them; no phone."""
    name = f"{won['first_name']} {won['last_name']}"
    main = {
        "connection_type": "A",
        "email": won["email"],
        "first_name": won["first_name"],
        "full_name": name,
        "id": won["id"] + 1000,
        "last_name": won["last_name"],
        "main_applicant": True,
        "personal_number": None,
    }
    fellow = main | {"id": won["id"] + 2000, "email": "fellow@example.com", "main_applicant": False}
    return {
        "conversations_count": 0,
        "id": won["id"],
        "profiles": [fellow, main],
        "queue_points": 12,
    }
