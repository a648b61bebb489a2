"""What a broker reads in Core about an order: few words, and none about a person."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "no"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "leads": "Leads delivered",
        "last": "Last lead",
        "none": "none yet",
        "live": "Leads are delivered to the case",
        "paused": "Leads wait, because the account is paused: {why}",
        "by hand": "Leads wait, because the account was paused by hand",
        "parked": "Leads wait, because Core refused several in a row",
        "route": "No route brings leads to this case",
        "case": "The case's GUID is missing, so leads cannot be delivered",
        "basis": "A processing basis is missing, so leads cannot be delivered",
        "differs": "The order belongs to case {theirs}, and the bridge was told {ours}",
        "Completed": "Completed",
        "Cancelled": "Cancelled",
    },
    "no": {
        "leads": "Leads levert",
        "last": "Siste lead",
        "none": "ingen ennå",
        "live": "Leads leveres til saken",
        "paused": "Leads venter, fordi kontoen er stanset: {why}",
        "by hand": "Leads venter, fordi kontoen er stanset for hånd",
        "parked": "Leads venter, fordi Core avviste flere på rad",
        "route": "Ingen rute bringer leads til denne saken",
        "case": "Sakens GUID mangler, så leads kan ikke leveres",
        "basis": "Et behandlingsgrunnlag mangler, så leads kan ikke leveres",
        "differs": "Ordren hører til sak {theirs}, mens broen fikk vite {ours}",
        "Completed": "Fullført",
        "Cancelled": "Kansellert",
    },
}
