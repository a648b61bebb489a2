"""What is known of an account's cases: four drawers of the ledger, one row a case.

| drawer | holds |
| --- | --- |
| `cases:ACCOUNT:came` | changes that were read and not acted on yet, and how far reading got |
| `cases:ACCOUNT` | each case as it was acted on last |
| `cases:ACCOUNT:shut` | each name of a case whose leads wait → why |
| `cases:ACCOUNT:let-go` | the cases that a person let go, and what they were then |

A page and the mark behind it are one write, and a change leaves the first drawer after everything
that follows from it stands: a worker that dies in between has lost nothing, and doing it again
changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import orjson

from bridge.connectors.cases import Change
from bridge.delivery.ledger import Ledger
from bridge.pipeline.views import moment

MARK = "mark"
Standing = Literal["active", "sold", "deactivated", "unpublished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`began`, `read_at`, `failed_at`: by our clock; `mark`, `newest`, `since`: by the vendor's."""

    began: float  # when this account was first watched
    mark: float | None = None  # everything modified until then was read
    read_at: float | None = None  # when the last reading that came to its end began
    skip: int = 0  # not 0: a reading of several pages goes on there
    since: float = 0.0
    newest: float = 0.0
    started: float = 0.0
    problem: str = ""
    failed_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`name`: the GUID; "" where the vendor finds none, None where it was not asked."""

    change: Change
    name: str | None = None
    published: bool | None = None
    was_active: bool = False

    @property
    def standing(self) -> Standing:
        """The last of `activated` and `sold` counts: a sale that came to nothing is activated
        again. A case that never was active waits to be: that is no reason to hold a lead."""
        now = self.change
        if now.sold is not None and (now.activated is None or now.activated <= now.sold):
            return "sold"
        if now.activated is None and self.was_active:
            return "deactivated"
        return "unpublished" if self.published is False else "active"

    @property
    def since(self) -> float:
        now = self.change
        when = {"sold": now.sold, "unpublished": now.publication, "active": now.activated}
        return when.get(self.standing) or now.modified

    @property
    def key(self) -> str:
        """What a person lets go: this sale, not the next one."""
        stable = self.change.sold if self.standing == "sold" else None
        return self.standing if stable is None else f"{self.standing} {moment(stable)}"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (str(self.change.case_id), self.name)))


class Book:
    def __init__(self, ledger: Ledger, account: str) -> None:
        self.account = account
        self._ledger = ledger
        self._rows = f"cases:{account}"
        self._came = f"{self._rows}:came"
        self._shut = f"{self._rows}:shut"
        self._free = f"{self._rows}:let-go"

    async def reading(self) -> Reading | None:
        found = await self._ledger.drawer_get(self._came, MARK)
        return Reading(**orjson.loads(found)) if found else None

    async def put(self, reading: Reading, changes: Iterable[Change] = ()) -> None:
        """One write."""
        page = {str(one.case_id): orjson.dumps(asdict(one)) for one in changes}
        await self._ledger.drawer_put(self._came, page | {MARK: orjson.dumps(asdict(reading))})

    async def came(self) -> list[Change]:
        """Oldest first."""
        found = await self._ledger.drawer_all(self._came)
        changes = [Change(**orjson.loads(one)) for name, one in found.items() if name != MARK]
        return sorted(changes, key=lambda one: one.modified)

    async def cases(self, case_ids: Sequence[int]) -> dict[int, Case]:
        found = await self._ledger.drawer_find(self._rows, [str(one) for one in case_ids])
        return {int(name): _case(value) for name, value in found.items()}

    async def all_cases(self) -> list[Case]:
        """Last changed first."""
        found = await self._ledger.drawer_all(self._rows)
        known = [_case(value) for value in found.values()]
        return sorted(known, key=lambda one: one.change.modified, reverse=True)

    async def done(self, case: Case) -> None:
        """Everything that follows from this change stands."""
        name = str(case.change.case_id)
        await self._ledger.drawer_put(self._rows, {name: orjson.dumps(asdict(case))})
        await self._ledger.drawer_drop(self._came, name)

    async def shut(self, names: Sequence[str], holds: frozenset[str]) -> dict[str, str]:
        """Name → why its leads wait; what no longer holds is nothing."""
        found = await self._ledger.drawer_find(self._shut, names)
        known = {name: orjson.loads(value) for name, value in found.items()}
        return {name: one["why"] for name, one in known.items() if one["standing"] in holds}

    async def shut_or_not(self, case: Case, why: str, holds: frozenset[str]) -> bool:
        """Whether its leads wait from now on."""
        if case.standing in holds and not await self._is_free(case):
            value = orjson.dumps({"standing": case.standing, "why": why})
            await self._ledger.drawer_put(self._shut, dict.fromkeys(case.names, value))
            # A person may have let it go at this moment: their word goes last.
            if not await self._is_free(case):
                return True
        await self.open(case.names)
        if case.standing == "active":
            await self._ledger.drawer_drop(self._free, str(case.change.case_id))
        return False

    async def open(self, names: Iterable[str]) -> None:
        for name in names:
            await self._ledger.drawer_drop(self._shut, name)

    async def let_go(self, case_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """`who` and `key` of those that a person let go."""
        found = await self._ledger.drawer_find(self._free, [str(one) for one in case_ids])
        return {int(name): orjson.loads(value) for name, value in found.items()}

    async def _is_free(self, case: Case) -> bool:
        found = await self.let_go([case.change.case_id])
        return found.get(case.change.case_id, {}).get("key") == case.key

    async def put_let_go(self, case: Case, who: str) -> None:
        value = orjson.dumps({"who": who, "key": case.key})
        await self._ledger.drawer_put(self._free, {str(case.change.case_id): value})


def _case(value: bytes) -> Case:
    known = orjson.loads(value)
    return Case(**{**known, "change": Change(**known["change"])})
