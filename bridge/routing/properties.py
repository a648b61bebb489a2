"""The property directory: a reference (AF43CD7U, homeq:project:12) → the vendors' own ids. Pure."""

import csv
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bridge.leads import FlowProperty, Lead, VitecProperty

LONGEST_FIELD = 100_000
ORDER_ID = r"^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,12})$"  # a GUID or a number: F-T16
COLUMNS = ("reference", "customer_id", "estate_id", "case_guid", "case_id", "order_id")


def _absent(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class PropertyEntry(BaseModel):
    """What one reference stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    reference: str = Field(min_length=1, max_length=200)
    customer_id: Annotated[str | None, BeforeValidator(_absent)] = None
    estate_id: Annotated[str | None, BeforeValidator(_absent)] = None
    case_guid: Annotated[UUID | None, BeforeValidator(_absent)] = None
    case_id: Annotated[int | None, BeforeValidator(_absent)] = Field(default=None, gt=0)
    order_id: Annotated[str | None, BeforeValidator(_absent)] = Field(
        default=None, max_length=64, pattern=ORDER_ID
    )

    @classmethod
    def from_json(cls, text: str) -> "PropertyEntry":
        return cls.model_validate_json(text)

    def to_json(self) -> str:
        return self.model_dump_json(exclude_none=True)


def property_entry(values: Mapping[str, object]) -> PropertyEntry | str:
    """The entry, or one sentence about what is wrong with it: it stands for at least one id."""
    try:
        entry = PropertyEntry.model_validate(dict(values))
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        return f"{fault['loc'][0]}: {fault['msg']}."
    if not entry.model_dump(exclude={"reference"}, exclude_none=True):
        return f"{entry.reference} names none of {', '.join(COLUMNS[1:])}."
    return entry


def resolve(lead: Lead, entry: PropertyEntry | None) -> Lead:
    """Fill in the ids that the lead itself does not name."""
    if entry is None:
        return lead
    place = lead.property
    vitec = VitecProperty(
        customer_id=place.vitec.customer_id or entry.customer_id,
        estate_id=place.vitec.estate_id or entry.estate_id,
    )
    flow = FlowProperty(
        case_guid=place.flow.case_guid or entry.case_guid,
        case_id=place.flow.case_id or entry.case_id,
        order_id=place.flow.order_id or entry.order_id,
    )
    filled = place.model_copy(update={"vitec": vitec, "flow": flow})
    return lead.model_copy(update={"property": filled})


def parse_csv(text: str) -> tuple[list[PropertyEntry], list[str]]:
    """Entries, and a sentence for each row that was refused. `,` `;` or tab between columns."""
    csv.field_size_limit(LONGEST_FIELD)
    lines = text.removeprefix("\ufeff").splitlines() or [""]
    rows = csv.DictReader(lines, delimiter=max(",;\t", key=lines[0].count))
    entries: dict[str, PropertyEntry] = {}
    faults: list[str] = []
    try:
        rows.fieldnames = [name.strip().casefold() for name in rows.fieldnames or []]
        if "reference" not in rows.fieldnames:
            return [], [f"The first line must name the columns: {', '.join(COLUMNS)}."]
        for row in rows:
            known = property_entry({name: row[name] for name in COLUMNS if row.get(name)})
            if isinstance(known, str):
                faults.append(f"Line {rows.line_num}: {known}")
            elif known.reference in entries:
                faults.append(f"Line {rows.line_num}: {known.reference} stands there twice.")
            else:
                entries[known.reference] = known
    except csv.Error as error:
        faults.append(f"Line {rows.line_num}: {error}; the rest was not read.")
    return list(entries.values()), faults
