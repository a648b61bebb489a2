"""What a person may ask Flow of: bases, roles, employees, publications, a case and its picture."""

import base64
import re
from collections.abc import Sequence
from uuid import UUID

from bridge.connectors.base import LookUpError
from bridge.connectors.flow import cases, catalogue, odata
from bridge.connectors.flow.api import Api, FlowCalls

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# Pictures lie in the ledger's memory, where leads must always find room: small, few and not for
# long, so that an account's never take more than 600 times 86 KB.
SIZES = ("Small", "Thumbnail")
LARGEST = 64 * 1024  # bytes
PICTURES = (20, 60.0)
SHOWN = 1800.0  # seconds
NONE_THERE = 600.0


class Looking:
    """Each method raises `LookUpError`, and so does going through a listing."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def _calls(self) -> FlowCalls:
        return self._api.attempt()

    async def bases(
        self, category: str | None = None, display_types: Sequence[str] = ()
    ) -> list[catalogue.Basis]:
        """The active ones; of one category all."""
        if category is None:
            return await catalogue.newest(self._calls)
        return await catalogue.of(self._calls, category, display_types)

    async def case(self, which: int | UUID) -> cases.Case | None:
        return await cases.find(self._calls, which)

    async def number(self, which: int | UUID) -> int | None:
        """What roles, publications and pictures go by (F-T1)."""
        if isinstance(which, int):
            return which
        found = await self.case(which)
        return found.case_id if found else None

    def roles(self, case_id: int, types: Sequence[str] = ()) -> odata.Listing:
        return cases.roles(self._calls, case_id, types)

    def publications(self, case_id: int) -> odata.Listing:
        return cases.publications(self._calls, case_id)

    def employees(self, search: str = "") -> odata.Listing:
        """An e-mail address is looked for by Flow; of other words nothing is known that its filter
        could do with them, so `fits` is for the caller."""
        where = odata.one_of("Email", [search]) if ADDRESS.fullmatch(search) else ""
        return odata.Listing(self._calls, "Employees", odata.Query(where=where, count=True))

    async def image_address(self, case_id: int) -> str | None:
        """Of the main image in full; it takes a token to read. None: there is no image."""
        there = await cases.image(self._calls, case_id, "Thumbnail")
        return cases.image_address(self._calls, case_id, "Original") if there else None

    async def picture(self, which: int | UUID) -> bytes | None:
        """A small JPEG of the case, kept for a while; None where there is none to show."""
        account, shelf = self._api.account, self._api.shelf
        name = f"flow-picture:{account.base_url}:{account.client_id}:{which}"
        kept = await shelf.get(name)
        if kept is not None:
            return base64.b64decode(kept) or None
        if await shelf.spend(f"flow-pictures:{account.client_id}", *PICTURES) > 0:
            return None
        try:
            found = await self._small(which)
        except LookUpError:
            found = b""
        ttl = SHOWN if found else NONE_THERE
        await shelf.put(name, base64.b64encode(found).decode(), ttl=ttl)
        return found or None

    async def _small(self, which: int | UUID) -> bytes:
        number = await self.number(which)
        for size in SIZES if number is not None else ():
            found = await cases.image(self._calls, number or 0, size)
            if found is None or len(found) <= LARGEST:
                return found or b""
        return b""


def name(row: odata.Row) -> str:
    parts = (row.get("Name"), row.get("FirstName"), row.get("SurName"))
    return str(parts[0] or " ".join(str(one) for one in parts[1:] if one))


def fits(row: odata.Row, words: str) -> bool:
    """Whether an employee is meant by these words: all of them, in name, e-mail or phone."""
    text = " ".join((name(row), *(str(row.get(one) or "") for one in ("Email", "Telephone"))))
    return all(one in text.casefold() for one in words.casefold().split())
