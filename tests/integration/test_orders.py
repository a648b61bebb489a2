"""The watch over Core's orders: over a real ledger, to the sandbox; what was told, and what not."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.redis_ledger import RedisLedger
from bridge.delivery.values import BY_HAND
from bridge.outcomes import State
from bridge.pipeline import Acceptor, Drain, Intake, Parts, orders
from bridge.pipeline.orders import Tie, Watch, registry
from bridge.pipeline.reroute import property_known
from bridge.routing import PropertyEntry
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import CASE, BridgeUnderTest, lead

T = TypeVar("T")
ORDER = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"
SECOND = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0002"
OTHER = "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b01"
LIVE = ("InProcess", "Leads are delivered to the case")


class Bench:
    """A bridge without processes: what its workers would do by themselves is done by the test."""

    def __init__(self, folder: Path, server: EmbeddedServer, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.bridge = BridgeUnderTest(folder, server, sandbox)
        self.file = folder / "bridge.toml"
        self.set("orders = {}")

    def set(self, line: str, *, of: str = 'client_secret = "flow-secret"') -> None:
        self.file.write_text(self.file.read_text().replace(of, f"{of}\n{line}"))

    def tell(self, story: Callable[[Parts], Awaitable[T]]) -> T:
        async def told() -> T:
            async with self.parts() as parts:
                return await story(parts)

        return asyncio.run(told())

    @asynccontextmanager
    async def parts(self) -> AsyncIterator[Parts]:
        async with self.bridge.front_door() as door:
            yield door._parts

    def states(self) -> list[tuple[str, str]]:
        bodies = [one["body"] for one in self.sandbox.received(kind="order_state")]
        return [(one["State"], one["Status"]) for one in bodies]

    def shown(self) -> list[dict[str, str]]:
        bodies = [one["body"] for one in self.sandbox.received(kind="order_update")]
        return [{pair["Key"]: pair["Value"] for pair in one["Metadata"]} for one in bodies]


@pytest.fixture
def bench(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[Bench]:
    with Sandbox() as sandbox:
        yield Bench(tmp_path, empty_server, sandbox)


async def look(parts: Parts, *, minutes: int = 0) -> None:
    """As a worker that has not looked yet; the ledger's turns of a minute are over."""
    await turns_over(parts, minutes=minutes)
    await Watch(parts).look(every=0.0)
    await asyncio.sleep(0.02)


async def turns_over(parts: Parts, *, minutes: int = 1) -> None:
    """The ledger's own clock cannot be moved, so its turns are taken away."""
    assert isinstance(parts.ledger, RedisLedger)
    redis = parts.ledger._connection
    for key in await redis.do("KEYS", "*turns:*") if minutes else ():
        await redis.do("DEL", key)


async def tied(parts: Parts, **changes: Any) -> None:
    known = {"case_guid": CASE["case_guid"], "case_id": CASE["case_id"], **changes}
    await orders.tie(parts, Tie(account="flow-acme", order_id=ORDER, **known))


async def sent(parts: Parts, *numbers: int, **changes: Any) -> None:
    payloads = [lead(number, **changes) for number in numbers]
    await Acceptor(parts).accept_many([Intake(payload=one, source="crm") for one in payloads])
    await Drain(parts, parts.routing.accounts["flow-acme"]).run()


def test_an_order_goes_into_process_by_itself_and_shows_what_was_delivered(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        await tied(parts)
        await look(parts)
        await sent(parts, 1, 2, 3)
        await look(parts, minutes=1)
        await look(parts, minutes=1)

    bench.tell(story)
    assert bench.states() == [LIVE]
    first, second = bench.shown()
    assert first == {"Leads delivered": "0", "Last lead": "none yet"}
    assert second["Leads delivered"] == "3"
    assert second["Last lead"].endswith(" UTC")


def test_nothing_is_told_unless_the_account_has_orders_on(bench: Bench) -> None:
    bench.file.write_text(bench.file.read_text().replace("orders = {}\n", ""))

    async def story(parts: Parts) -> None:
        await tied(parts)
        await look(parts)

    bench.tell(story)
    assert bench.sandbox.calls() == []


def test_f_t17_many_workers_tell_it_once_and_count_alike(bench: Bench) -> None:
    async def story(one: Parts) -> None:
        await tied(one)
        await sent(one, *range(1, 9))
        async with bench.parts() as two, bench.parts() as three:
            watches = [Watch(parts) for parts in (one, two, three) for _ in range(2)]
            for _ in range(3):
                await asyncio.gather(*(watch.look(every=0.0) for watch in watches))

    bench.tell(story)
    assert bench.states() == [LIVE]
    assert [one["Leads delivered"] for one in bench.shown()] == ["8"]


def test_metadata_changes_at_most_once_a_minute_and_catches_up_then(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        await tied(parts)
        for number in (1, 2, 3, 4):
            await sent(parts, number)
            await look(parts)
        assert [one["Leads delivered"] for one in bench.shown()] == ["1"]
        await look(parts, minutes=1)

    bench.tell(story)
    assert [one["Leads delivered"] for one in bench.shown()] == ["1", "4"]


@pytest.mark.parametrize("merges", [True, False])
def test_a_count_survives_a_kill_because_the_ledger_has_it(bench: Bench, *, merges: bool) -> None:
    bench.sandbox.config(merges_metadata=merges)
    bench.tell(tied)
    bench.tell(lambda parts: sent(parts, 1, 2))
    bench.tell(look)
    bench.tell(lambda parts: sent(parts, 3))
    bench.tell(lambda parts: look(parts, minutes=1))
    assert [one["Leads delivered"] for one in bench.shown()] == ["2", "3"]
    assert bench.states() == [LIVE]


def test_f_t17_a_worker_killed_between_telling_and_writing_it_down_is_read_back(
    bench: Bench,
) -> None:
    bench.sandbox.fault("accept_lose_answer", match={"path": "updatestate"})

    async def story(parts: Parts) -> None:
        await tied(parts)
        await look(parts)
        assert bench.states() == [LIVE]
        (row,) = await orders.listed(parts)
        assert (row["state"], row["wanted"]) == (None, ": ".join(LIVE))
        assert row["trouble"]
        await look(parts, minutes=1)
        (row,) = await orders.listed(parts)
        assert (row["state"], row["wanted"], row["trouble"]) == ("InProcess", None, None)
        await look(parts, minutes=1)

    bench.tell(story)
    assert bench.states() == [LIVE]


def test_a_paused_account_is_an_error_with_words_and_goes_on_by_itself(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        await tied(parts)
        await sent(parts, 1)
        await look(parts)
        await parts.ledger.pause("flow-acme", "HTTP 403: Missing permissions")
        await look(parts)
        await look(parts)
        await parts.ledger.pause("flow-acme", f"{BY_HAND}: moving offices")
        await look(parts)
        await parts.ledger.resume("flow-acme")
        await look(parts)

    bench.tell(story)
    assert bench.states() == [
        LIVE,
        ("Error", "Leads wait, because the account is paused: HTTP 403: Missing permissions"),
        ("Error", "Leads wait, because the account was paused by hand"),
        LIVE,
    ]


def test_credentials_that_do_not_serve_are_tried_once_and_not_every_look(bench: Bench) -> None:
    bench.sandbox.config(flow_secret="another")

    async def story(parts: Parts) -> None:
        await tied(parts)
        for _ in range(3):
            await look(parts)
        (row,) = await orders.listed(parts)
        assert "invalid_client" in row["trouble"]

    bench.tell(story)
    assert len(bench.sandbox.calls()) == 1


def test_a_missing_basis_is_missing_info_until_the_lead_goes_on(bench: Bench) -> None:
    pair = 'processing_bases = { category = "SpecificCase", system_type = "Manual" }\n'
    bench.file.write_text(bench.file.read_text().replace(pair, ""))

    async def story(parts: Parts) -> None:
        await tied(parts)
        await sent(parts, 1)
        await look(parts)

    bench.tell(story)
    ((state, status),) = bench.states()
    assert state == "MissingInfo"
    assert "processing basis" in status


def test_a_missing_id_and_a_missing_route_are_missing_info(bench: Bench) -> None:
    text = bench.file.read_text()

    async def without_guid(parts: Parts) -> None:
        await orders.tie(parts, Tie(account="flow-acme", order_id=ORDER))
        await look(parts)

    bench.tell(without_guid)
    narrowed = text.replace('intent = ["final_price_watch"]', 'reference = "X*"')
    bench.file.write_text(narrowed.replace('intent = ["interest"]', 'reference = "Y"'))
    bench.tell(look)

    async def with_reference(parts: Parts) -> None:
        await tied(parts, references=("X1",))
        await look(parts)

    bench.tell(with_reference)
    states = bench.states()
    assert [one[0] for one in states] == ["MissingInfo", "MissingInfo", "InProcess"]
    assert "GUID is missing" in states[0][1]
    assert "No route" in states[1][1]


def test_an_order_of_another_case_than_we_were_told_is_missing_info(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        await tied(parts, case_id=48214)
        await look(parts)
        memory = await orders.desks(parts)["flow-acme"].known(ORDER)
        (one,) = await orders.all_ties(parts)
        assert len(registry.marks(parts, one, memory)) == 2  # the order, and the vendor's case

    bench.tell(story)
    assert bench.states() == [
        ("MissingInfo", "The order belongs to case 48213, and the bridge was told 48214")
    ]


def test_the_property_directory_ties_a_reference_to_one_order(bench: Bench) -> None:
    bench.sandbox.config(orders=[{"guid": SECOND, "case_id": 48214}])

    async def put(parts: Parts, order: str) -> None:
        entry = PropertyEntry(reference="AF43", order_id=order, case_guid=UUID(OTHER))
        await parts.ledger.properties_put({"AF43": entry.to_json()})
        await property_known(parts, ["AF43"], who="test")

    async def story(parts: Parts) -> None:
        await put(parts, ORDER.upper())
        assert [(one.order_id, one.references) for one in await orders.all_ties(parts)] == [
            (ORDER, ("AF43",))
        ]
        await put(parts, SECOND)
        assert {one.order_id: one.references for one in await orders.all_ties(parts)} == {
            ORDER: (),
            SECOND: ("AF43",),
        }

    bench.tell(story)


def test_a_directory_that_knew_orders_before_the_account_did_counts_too(bench: Bench) -> None:
    text = bench.file.read_text()
    bench.file.write_text(text.replace("orders = {}\n", ""))
    ids = ("--order-id", ORDER, "--case-guid", str(CASE["case_guid"]))
    assert bench.bridge.command("properties", "set", "AF43", *ids).returncode == 0
    bench.file.write_text(text)
    bench.tell(look)
    assert bench.states() == [LIVE]


def test_where_two_accounts_have_orders_on_a_person_says_whose_it_is(bench: Bench) -> None:
    second = """
[accounts.flow-beta]
vendor = "flow"
base_url = "{sandbox}/flow"
client_id = "sandbox-2"
client_secret = "flow-secret-2"
orders = {{}}
"""
    file = bench.file
    file.write_text(file.read_text() + second.format(sandbox=bench.sandbox.url))
    done = bench.bridge.command("properties", "set", "AF43", "--order-id", ORDER)
    assert (done.returncode, "bridge orders tie" in done.stderr) == (0, True)
    assert bench.tell(orders.all_ties) == []
    for account in ("flow-acme", "flow-beta"):
        assert bench.bridge.command("orders", "tie", ORDER, "--account", account).returncode == 0
    both = bench.bridge.command("orders", "complete", ORDER)
    assert (both.returncode, "say which with --account" in both.stderr) == (1, True)
    done = bench.bridge.command("orders", "complete", ORDER, "--account", "flow-beta")
    assert done.returncode == 0, done.stderr
    assert [one["account"] for one in bench.sandbox.received(kind="order_state")] == ["sandbox-2"]


def test_an_order_that_a_lead_names_is_known_and_counted_but_ties_no_case(bench: Bench) -> None:
    bench.sandbox.config(orders=[{"guid": SECOND, "case_id": 48215}])

    async def story(parts: Parts) -> None:
        place = {"flow": {**CASE, "order_id": SECOND}}
        await sent(parts, 1, property=place)
        await look(parts)
        (one,) = await orders.all_ties(parts)
        assert (one.order_id, one.case_id, one.case_guid) == (SECOND, None, None)

    bench.tell(story)
    assert [one["Leads delivered"] for one in bench.shown()] == ["1"]
    assert bench.states() == [LIVE]


def test_a_form_that_names_an_order_makes_none_known(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        form = {
            "name": "Anna Svensson",
            "email": "anna@example.com",
            "intent": "interest",
            "order_id": SECOND,
            "case_guid": CASE["case_guid"],
        }
        accepted = await Acceptor(parts).accept(Intake(payload=form, source="web"))
        assert accepted.status == "accepted"
        assert await orders.all_ties(parts) == []

    bench.tell(story)


def test_an_order_that_is_gone_is_not_asked_for_every_minute(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        await orders.tie(parts, Tie(account="flow-acme", order_id=SECOND))
        for _ in range(3):
            await look(parts, minutes=1)
        (row,) = await orders.listed(parts)
        assert "HTTP 404" in row["trouble"]

    bench.tell(story)
    calls = [one for one in bench.sandbox.calls() if SECOND in one["path"]]
    assert len(calls) == 2  # its metadata and its state, once


def test_a_look_at_what_did_not_change_reads_no_order(bench: Bench) -> None:
    async def story(parts: Parts) -> None:
        await tied(parts)
        watch = Watch(parts)
        await watch.look(every=0.0)
        await asyncio.sleep(0.02)
        assert isinstance(parts.ledger, RedisLedger)
        redis = parts.ledger._connection
        (memory,) = await redis.do("KEYS", "*shelf:flow-order:*")
        await redis.do("DEL", memory)  # whoever reads it now would tell everything again
        before = len(bench.sandbox.calls())
        await turns_over(parts)
        assert await watch.look(every=0.0) == []
        assert len(bench.sandbox.calls()) == before
        await sent(parts, 1)
        await turns_over(parts)
        await asyncio.sleep(0.02)
        assert await watch.look(every=0.0) == [f"flow-acme/{ORDER}"]
        assert len(bench.sandbox.calls()) > before

    bench.tell(story)


# --- as destinations of a route -------------------------------------------------------------------

BY_ROUTE = """
[destinations.acme-order]
account = "flow-acme"
action = "order_state"
state = "InProcess"
status = "Første lead er levert"
after = "acme-stakeholder"

[destinations.acme-note]
account = "flow-acme"
action = "order_metadata"
metadata = { "Kilde" = "{source}" }
after = "acme-stakeholder"

[sources.norway]
country = "NO"

[[routes]]
name = "norway"
when = { source = "norway" }
deliver_to = ["acme-stakeholder", "acme-order", "acme-note"]
"""


def test_f_t17_a_route_tells_an_order_after_the_lead_is_there_and_once(bench: Bench) -> None:
    text = bench.file.read_text().replace('intent = ["interest"]', 'source = "web"')
    text = text.replace('intent = ["final_price_watch"]', 'source = "web"')
    bench.file.write_text(text + BY_ROUTE)

    async def story(parts: Parts) -> list[dict[str, str]]:
        place = {"flow": {**CASE, "order_id": ORDER}}
        payloads = [lead(number, property=place) for number in range(1, 6)]
        refused = lead(6, property=place, person={"first_name": "Uten", "last_name": "Adresse"})
        came = [Intake(payload=one, source="norway") for one in (*payloads, refused)]
        accepted = await Acceptor(parts).accept_many(came)
        await Drain(parts, parts.routing.accounts["flow-acme"]).run()
        found = []
        for one in accepted:
            assert one.lead_id is not None
            rows = await parts.ledger.deliveries_of(one.lead_id)
            found.append({row.destination: str(row.state) for row in rows})
        return found

    *delivered, held = bench.tell(story)
    assert {one["acme-stakeholder"] for one in delivered} == {"delivered"}
    assert {one["acme-order"] for one in delivered} == {"delivered"}
    assert sorted(one["acme-note"] for one in delivered) == ["delivered", *["skipped"] * 4]
    assert held == {"acme-stakeholder": "held", "acme-order": "waiting", "acme-note": "waiting"}
    assert bench.states() == [("InProcess", "Første lead er levert")]
    assert bench.shown() == [{"Kilde": "norway"}]
    order = [one["kind"] for one in bench.sandbox.received(vendor="flow")]
    assert order.index("stakeholder") < order.index("order_state")


# --- commands -------------------------------------------------------------------------------------


def test_a_person_completes_and_reopens_an_order_by_command(bench: Bench) -> None:
    run = bench.bridge.command
    guid = str(CASE["case_guid"])
    assert run("orders", "list").returncode == 1
    made = run("orders", "tie", ORDER, "--account", "flow-acme", "--case-guid", guid)
    assert made.returncode == 0, made.stderr
    assert run("orders", "complete", ORDER, "--status", "Solgt").returncode == 0
    bench.tell(look)
    assert bench.states() == [("Completed", "Solgt")]
    assert run("orders", "complete", ORDER, "--status", "Solgt").returncode == 0
    assert bench.states() == [("Completed", "Solgt")]
    again = run("orders", "reopen", ORDER)
    assert again.returncode == 0, again.stderr
    assert run("orders", "cancel", ORDER).returncode == 0
    assert bench.states() == [("Completed", "Solgt"), LIVE, ("Cancelled", "Cancelled")]
    listed = json.loads(run("orders", "list", "--json").stdout)
    assert listed == [
        {
            "order_id": ORDER,
            "account": "flow-acme",
            "case_id": 48213,
            "references": None,
            "state": "Cancelled",
            "status": "Cancelled",
            "wanted": None,
            "leads": 0,
            "last_lead": None,
            "trouble": None,
        }
    ]
    assert run("orders", "forget", ORDER).returncode == 0
    assert run("orders", "list", "--json").stdout.strip() == "[]"
    bench.tell(look)
    assert len(bench.states()) == 3
    assert run("orders", "forget", ORDER).returncode == 1


def test_what_a_command_could_not_tell_a_worker_tells(bench: Bench) -> None:
    bench.tell(tied)
    bench.sandbox.fault("status", code=503, times=None, match={"path": "updatestate"})
    done = bench.bridge.command("orders", "complete", ORDER)
    assert done.returncode == 3
    assert "a worker tells it later" in done.stderr
    bench.sandbox.clear_faults()
    bench.tell(look)
    assert bench.states() == [("Completed", "Completed")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("complete", SECOND), "There is no order"),
        (("tie", "x y", "--account", "flow-acme"), "is no order"),
        (("tie", ORDER, "--account", "vitec-acme"), "known are: flow-acme"),
    ],
)
def test_what_a_command_cannot_do_it_says_in_a_sentence(
    bench: Bench, arguments: tuple[str, ...], words: str
) -> None:
    done = bench.bridge.command("orders", *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_looks_by_itself(bench: Bench) -> None:
    bench.bridge.environment["BRIDGE_ORDER_EVERY"] = "0.2"
    bench.tell(tied)
    with bench.bridge.worker():
        bench.bridge.accept([lead(1)])
        bench.bridge.until(lambda: bench.states() == [LIVE])


def test_two_workers_of_which_one_is_killed_count_right_and_tell_once(bench: Bench) -> None:
    bench.bridge.environment["BRIDGE_ORDER_EVERY"] = "0.2"
    bench.tell(tied)
    with bench.bridge.worker():
        second = bench.bridge.start_worker()
        bench.bridge.accept([lead(1)])
        bench.bridge.until(lambda: bench.states() == [LIVE])
        ids = bench.bridge.accept([lead(number) for number in range(2, 20)])
        second.kill()
        second.wait()

        def all_there() -> bool:
            found = [bench.bridge.deliveries(one)["acme-stakeholder"] for one in ids]
            return all(one.state is State.DELIVERED for one in found)

        bench.bridge.until(all_there)
        bench.tell(turns_over)
        bench.bridge.until(lambda: bench.shown()[-1]["Leads delivered"] == "19")
    assert bench.states() == [LIVE]
