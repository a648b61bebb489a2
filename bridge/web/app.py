"""The web process: everything is made when it starts, nothing at import."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bridge import __version__, wiring
from bridge.access import Sessions, Tokens, Users
from bridge.delivery.ledger import LedgerError
from bridge.pipeline import Acceptor, Together
from bridge.pipeline.alarms import Alarms
from bridge.web import console, health, hooks, looking, metrics, people, ways_in
from bridge.web.office import Office
from bridge.web.problems import Problem, on_problem
from bridge.web.shield import Shield


def create_app(environment: Mapping[str, str] | None = None) -> FastAPI:
    """`environment`: instead of the process's own. Raises nothing until it is started."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = wiring.read_settings(environment)

        async def ring(account: str) -> None:
            await parts.ledger.ring(account)

        parts = await wiring.build(wiring.read(settings), nudge=ring)
        token = settings.api_token.get_secret_value() if settings.api_token else None
        acceptor, users = Acceptor(parts), Users(parts.ledger, parts.clock)
        office = Office(
            parts=parts,
            acceptor=acceptor,
            together=Together(acceptor),
            api_token=token,
            users=users,
            tokens=Tokens(parts.ledger, parts.clock),
            sessions=Sessions(parts.ledger, users),
        )
        app.state.office = office
        wiring.settle()
        office.tasks.add(asyncio.create_task(Alarms(parts).watch(settings.alarm_every)))
        try:
            yield
        finally:
            for task in office.tasks:
                task.cancel()
            await asyncio.gather(*office.tasks, return_exceptions=True)
            await parts.close()

    app = FastAPI(
        title="Lead bridge",
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,  # to HomeQ a redirect is no 200
    )
    for fault in (Problem, LedgerError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(fault, _on_fault)
    for one in (ways_in, hooks, looking, people, health, metrics):
        app.include_router(one.router)
    console.add_to(app)
    app.add_middleware(Shield)
    return app


async def _on_fault(request: Request, error: Exception) -> Response:
    """A sentence: on a page for people, as problem+json for programs."""
    if console.wants_page(request):
        return await console.on_fault(request, error)
    return await on_problem(request, error)


def serve(host: str, port: int) -> None:
    """Until SIGTERM; what is in flight is answered first."""
    proxies = wiring.read_settings().trusted_proxies
    config = uvicorn.Config(
        create_app(),
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # addresses of other people's servers are nobody's business here
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    uvicorn.Server(config).run()
