"""A landlord's offices, employees and projects, as HomeQ lists them."""

from dataclasses import dataclass

from bridge.connectors.homeq.answers import Row, external_of, number_of, part, rows_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`parent` None: the root."""

    id: int
    name: str
    parent: int | None
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Without personal number and phone: nothing here needs them (H-T4)."""

    id: int
    name: str
    email: str
    office: str
    role: str
    api_user: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """`external_id`: what the landlord calls it; None where it has no name."""

    id: int
    name: str
    external_id: str | None
    office: int | None
    status: str
    published: bool


def offices(found: object) -> list[Office]:
    """From the bare list; a row without a number is none."""
    return [
        Office(
            id=number,
            name=text_of(row.get("name")),
            parent=number_of(row.get("parent")) or None,
            email=text_of(row.get("email")),
        )
        for row in rows_of(found)
        if (number := number_of(row.get("id"))) is not None
    ]


def employees(found: object) -> list[Employee]:
    return [
        Employee(
            id=number,
            name=_name(row),
            email=text_of(row.get("email")),
            office=text_of(row.get("root_office_name")) or _named(row, "root_office"),
            role=text_of(row.get("right_profile_name")) or _named(row, "right_profile"),
            api_user=row.get("api_user") is True,
        )
        for row in rows_of(found, "employees")
        if (number := number_of(row.get("id"))) is not None
    ]


def projects(found: object) -> list[Project]:
    return [
        Project(
            id=number,
            name=text_of(row.get("name")),
            external_id=external_of(row),
            office=number_of(row.get("office")),
            status=text_of(row.get("status")),
            published=row.get("published") is True,
        )
        for row in rows_of(found, "projects")
        if (number := number_of(row.get("id"))) is not None
    ]


def _name(row: Row) -> str:
    parts = (text_of(row.get("first_name")), text_of(row.get("last_name")))
    return " ".join(filter(None, parts)) or text_of(row.get("name"))


def _named(row: Row, what: str) -> str:
    return text_of(part(row, what).get("name"))
