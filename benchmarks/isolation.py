"""One account hangs on every call: what does it cost the others?

    python benchmarks/isolation.py [--leads 400] [--runs 5] [--json FILE]

Runs alternate between a world where both vendors answer and one where Vitec hangs, on real HTTP,
one real worker and the embedded server. Every delivery to the other account is counted at the sink.
Printed: deliveries a second and the 99th percentile from acceptance to the vendor, as ratios.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bridge.delivery.embedded import EmbeddedServer
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

PACE = 60.0  # leads a second: below what the sandbox can answer, so that waiting shows


def run(leads: int, *, hanging: bool) -> tuple[float, float]:
    """Deliveries a second and p99 in milliseconds at the account that works."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedServer(folder / "server") as server, Sandbox() as sandbox:
            bridge = BridgeUnderTest(folder, server, sandbox)
            if hanging:
                sandbox.fault("hang", times=None, match={"vendor": "vitec"})
            worker = bridge.start_worker()
            try:
                bridge.accept([lead(0, intent="interest")])
                bridge.until(lambda: _arrived(sandbox) >= 1)
                accepted = _put_in(bridge, leads)
                bridge.until(lambda: _arrived(sandbox) == leads + 1, seconds=120)
            finally:
                worker.kill()
                worker.wait()
            return _figures(sandbox, accepted)


def _put_in(bridge: BridgeUnderTest, leads: int) -> dict[str, float]:
    """At a steady pace; when each was accepted."""
    began, accepted = time.time(), {}
    for start in range(1, leads + 1, 10):
        batch = range(start, min(start + 10, leads + 1))
        time.sleep(max(0.0, began + start / PACE - time.time()))
        bridge.accept(lead(number, intent="interest") for number in batch)
        accepted |= {f"Svensson{number}": time.time() for number in batch}
    return accepted


def _arrived(sandbox: Sandbox) -> int:
    return sandbox.counts().get("flow stakeholder", 0)


def _figures(sandbox: Sandbox, accepted: dict[str, float]) -> tuple[float, float]:
    rows = sandbox.received(kind="stakeholder")
    times = {one["body"]["SurName"]: one["at"] for one in rows}
    waits = sorted(max(0.0, times[name] - at) for name, at in accepted.items())
    span = max(times[name] for name in accepted) - (min(accepted.values()))
    return len(accepted) / span, 1000 * waits[int(0.99 * (len(waits) - 1))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    before, during = [], []
    for number in range(wanted.runs):
        before.append(run(wanted.leads, hanging=False))
        during.append(run(wanted.leads, hanging=True))
        print(
            f"run {number + 1}: {before[-1]} without, {during[-1]} with one that hangs", flush=True
        )
    ratios = {
        "throughput": statistics.median(d[0] for d in during)
        / statistics.median(b[0] for b in before),
        "p99": statistics.median(d[1] for d in during) / statistics.median(b[1] for b in before),
    }
    for name, ratio in ratios.items():
        print(f"{name:>10}: {ratio:.2f} of what it is when nobody hangs")
    if wanted.json:
        wanted.json.write_text(json.dumps({"ratios": ratios, "before": before, "during": during}))


if __name__ == "__main__":
    main()
