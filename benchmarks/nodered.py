"""Node-RED doing the same fan-out: HTTP in, a function, an HTTP request to each of three vendors.

It keeps nothing, retries nothing and knows no lead twice; it is what an integrator draws first.
Fetched from npm into `.bench/` on first use.
"""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import psutil

from benchmarks.engine import CONCURRENCY
from benchmarks.vendor import DESTINATIONS, ROOT, Run, Stub
from bridge.connectors.transport import Answer, Http
from bridge.delivery.embedded import free_port

PACKAGE = "node-red@4.1.15"
FOLDER = ROOT / ".bench"
FAN_OUT = """
const body = JSON.stringify({person: {lastName: msg.payload.name}, message: msg.payload.message});
return [[0, 1, 2].map(n => ({
    url: `http://127.0.0.1:PORT/v${n}/post`, method: "POST", payload: body,
    headers: {"content-type": "application/json"},
}))];
"""


def installed() -> bool:
    """Whether it is here, or could be fetched."""
    if shutil.which("npm") is None:
        return False
    if (FOLDER / "node_modules" / "node-red").exists():
        return True
    FOLDER.mkdir(exist_ok=True)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
    return subprocess.run([*command, PACKAGE], check=False, timeout=300).returncode == 0


def nodered(stub: Stub, leads: int) -> Run:
    stub.forget()
    with _running(stub.port) as (process, port):
        asyncio.run(_post(port, range(1_000_000, 1_000_020)))
        stub.await_all(20 * DESTINATIONS)
        stub.forget()
        before, began = sum(process.cpu_times()[:2]), time.time()
        asyncio.run(_post(port, range(leads)))
        ended = stub.await_all(leads * DESTINATIONS)
        used = sum(process.cpu_times()[:2]) - before
    deliveries = leads * DESTINATIONS
    return Run(rate=deliveries / (ended - began), cpu=used / deliveries * 1e6, server=0.0)


@contextmanager
def _running(vendor: int) -> Iterator[tuple[psutil.Process, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "flows.json").write_text(json.dumps(_flow(vendor)))
        (folder / "settings.js").write_text(
            f'module.exports = {{uiPort: {port}, uiHost: "127.0.0.1", httpAdminRoot: false,'
            ' flowFile: "flows.json", logging: {console: {level: "error"}}};',
        )
        script = FOLDER / "node_modules" / "node-red" / "red.js"
        command = ["node", str(script), "--userDir", name, "--settings", f"{name}/settings.js"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            asyncio.run(_until_up(port))
            yield psutil.Process(process.pid), port
        finally:
            process.kill()
            process.wait()


def _flow(vendor: int) -> list[dict[str, object]]:
    code = FAN_OUT.replace("PORT", str(vendor))
    return [
        {"id": "tab", "type": "tab", "label": "leads"},
        {"id": "in", "type": "http in", "z": "tab", "url": "/lead", "method": "post",
         "wires": [["fan", "yes"]]},
        {"id": "yes", "type": "http response", "z": "tab", "statusCode": "202", "wires": []},
        {"id": "fan", "type": "function", "z": "tab", "func": code, "outputs": 1,
         "wires": [["send"]]},
        {"id": "send", "type": "http request", "z": "tab", "method": "use", "ret": "txt",
         "url": "", "persist": True, "wires": [[]]},
    ]  # fmt: skip


async def _until_up(port: int) -> None:
    http = Http()
    for _ in range(200):
        answer = await http.call("GET", f"http://127.0.0.1:{port}/", headers={})
        if isinstance(answer, Answer):
            break
        await asyncio.sleep(0.1)
    await http.aclose()


async def _post(port: int, numbers: range) -> None:
    http, todo = Http(), iter(numbers)

    async def one() -> None:
        for number in todo:
            body = {"name": f"Svensson{number}", "message": "x" * 200}
            headers = {"content-type": "application/json"}
            url = f"http://127.0.0.1:{port}/lead"
            answer = await http.call("POST", url, headers=headers, content=orjson.dumps(body))
            assert isinstance(answer, Answer)
            assert answer.ok

    await asyncio.gather(*(one() for _ in range(CONCURRENCY)))
    await http.aclose()
