"""`python -m bridge.sandbox`: fake vendors in the foreground."""

import argparse
import asyncio

from bridge.sandbox.server import listen, new_server


def main() -> None:
    parser = argparse.ArgumentParser(prog="bridge sandbox", description="Fake vendors.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099, help="0 picks a free one")
    wanted = parser.parse_args()
    with listen(wanted.host, wanted.port) as sock:
        host, port = sock.getsockname()[:2]
        print(f"sandbox listening on http://{host}:{port}", flush=True)
        asyncio.run(new_server().serve(sockets=[sock]))


if __name__ == "__main__":
    main()
