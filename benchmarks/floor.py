"""The floor under every engine: the HTTP client alone in a loop, no Celery, no Redis.

python benchmarks/floor.py URL FIRST LAST CONCURRENCY

Prints the seconds of CPU that it took, without the start of Python.
"""

import asyncio
import gc
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import orjson
import uvloop

from bridge.connectors.transport import Answer, Http

HEADERS = {
    "authorization": "Basic c2FuZGJveDpwYXNzd29yZA==",
    "accept": "application/json",
    "content-type": "application/json",
}


async def main(url: str, first: int, last: int, concurrency: int) -> None:
    http, todo = Http(), iter(range(first, last))

    async def one() -> None:
        for number in todo:
            body = {"person": {"firstName": "Anna", "lastName": f"Svensson{number // 3}"}}
            body |= {"message": "x" * 200}
            address = f"{url}/v{number % 3}/post"
            answer = await http.call("POST", address, headers=HEADERS, content=orjson.dumps(body))
            assert isinstance(answer, Answer)

    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # as a worker of ours has it
    before = time.process_time()
    await asyncio.gather(*(one() for _ in range(concurrency)))
    print(time.process_time() - before)
    await http.aclose()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], *(int(one) for one in sys.argv[2:5])))
