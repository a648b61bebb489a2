"""`/metrics` for Prometheus, computed from the ledger: right over all processes; no person."""

from collections.abc import Iterator, Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bridge.delivery.values import BUCKETS, AccountRow
from bridge.pipeline import Parts, watching
from bridge.web.office import Office

Cells = Mapping[tuple[str, ...], float]
router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Prometheus: what came, what became of it, how long it took, and what waits. No person."""
    registry = CollectorRegistry()
    registry.register(_Read(await _all(Office.of(request).parts)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Read(Collector):
    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        return iter(self._found)


async def _all(parts: Parts) -> list[Metric]:
    ledger, now = parts.ledger, parts.clock().timestamp()
    states: Cells = {(name, str(state)): n for (name, state), n in (await ledger.counts()).items()}
    workers = await ledger.workers()
    beat: Cells = {(): now - max(workers.values())} if workers else {}
    lag, quarantine = await parts.stream("metrics").lag(), await ledger.quarantine_size()
    watched = await watching.statuses(parts)
    text = "Entries of bridge:intake that are not in the ledger yet"
    return [
        _gauge("deliveries", "Deliveries by account and state", ("account", "state"), states),
        *_accounts(await ledger.accounts(), now),
        *_watched(watched),
        *_tally(await ledger.tally()),
        _gauge("stream_lag", text, (), {(): lag}),
        _gauge("quarantine", "Payloads in quarantine", (), {(): quarantine}),
        _gauge("workers", "Workers seen in the last 30 s", (), {(): len(workers)}),
        _gauge("worker_heartbeat_age_seconds", "Since a worker was last seen", (), beat),
    ]


def _accounts(found: Sequence[AccountRow], now: float) -> list[Metric]:
    def gauge(name: str, text: str, cells: Mapping[str, float]) -> Metric:
        return _gauge(name, text, ("account",), {(k,): v for k, v in cells.items()})

    parked: Cells = {(one.account, name): 1 for one in found for name in one.parked}
    waited = {one.account: max(0.0, now - (one.due_since or now)) for one in found}
    shut = {one.account: one.breaker != "closed" for one in found}
    return [
        gauge("in_flight", "Deliveries being sent", {one.account: one.in_flight for one in found}),
        gauge(
            "in_line",
            "Deliveries that wait for their turn or time",
            {one.account: one.due for one in found},
        ),
        gauge("oldest_due_seconds", "How long the first in line has been due", waited),
        gauge(
            "account_paused",
            "1 while the account is paused",
            {one.account: bool(one.paused) for one in found},
        ),
        gauge("breaker_open", "1 while the breaker is not closed", shut),
        _gauge(
            "destination_paused",
            "1 while the destination is paused",
            ("account", "destination"),
            parked,
        ),
    ]


def _watched(found: Sequence[watching.Status]) -> list[Metric]:
    lag: Cells = {(one.account,): one.lag for one in found if one.lag is not None}
    last: Cells = {(one.account,): one.last_success for one in found if one.last_success}
    waiting: Cells = {(one.account,): one.waiting for one in found}
    return [
        _gauge("cases_lag_seconds", "Age of what is known of the cases", ("account",), lag),
        _gauge("cases_read_timestamp_seconds", "When cases were last read", ("account",), last),
        _gauge("cases_waiting", "Changes of cases not acted on yet", ("account",), waiting),
    ]


def _tally(tally: Mapping[str, int]) -> list[Metric]:
    cells: dict[str, dict[tuple[str, ...], float]] = {}
    for name, value in tally.items():
        what, *labels = name.split("/")
        cells.setdefault(what, {})[tuple(labels)] = value
    attempts = cells.get("attempts", {})
    delivered = {key[:2]: n for key, n in attempts.items() if key[2] == "delivered"}
    last = {key: ms / 1000 for key, ms in cells.get("last", {}).items()}
    place, done = ("account", "destination"), "Deliveries that a vendor took"
    return [
        _counter("accepted", "Leads that were taken in", ("source",), cells.get("accepted", {})),
        _gauge("last_lead_timestamp_seconds", "When a source last sent", ("source",), last),
        _counter("quarantined", "Payloads not understood", (), cells.get("quarantined", {})),
        _counter("attempts", "Attempts by outcome", (*place, "outcome"), attempts),
        _counter("delivered", done, place, delivered),
        _seconds(cells.get("took", {}), cells.get("took_ms", {})),
    ]


def _seconds(took: Cells, sums: Cells) -> Metric:
    text = "From acceptance to the vendor's yes"
    family = HistogramMetricFamily("bridge_lead_to_vendor_seconds", text, labels=("destination",))
    for (destination,), milliseconds in sorted(sums.items()):
        total, buckets = 0.0, []
        for limit in (*map(str, BUCKETS), "inf"):
            total += took.get((destination, limit), 0)
            label = "+Inf" if limit == "inf" else f"{int(limit) / 1000:g}"
            buckets.append((label, total))
        family.add_metric((destination,), buckets, milliseconds / 1000)
    return family


def _gauge(name: str, text: str, labels: Sequence[str], cells: Cells) -> Metric:
    family = GaugeMetricFamily(f"bridge_{name}", text, labels=labels)
    for key, value in sorted(cells.items()):
        family.add_metric(key, float(value))
    return family


def _counter(name: str, text: str, labels: Sequence[str], cells: Cells) -> Metric:
    family = CounterMetricFamily(f"bridge_{name}", text, labels=labels)
    for key, value in sorted(cells.items()):
        family.add_metric(key, float(value))
    return family
