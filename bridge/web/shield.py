"""What a browser is told with every answer: run nothing foreign, be framed by nobody."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EVERYWHERE: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
# FastAPI's page about the API brings its script from a host of its own; it shows no data of ours.
WITHOUT_POLICY = ("/docs", "/redoc")


class Shield:
    """Around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = dict(EVERYWHERE)
        if not scope["path"].startswith(WITHOUT_POLICY):
            told["content-security-policy"] = POLICY
        if scope["scheme"] == "https":
            told["strict-transport-security"] = "max-age=31536000"
        if not scope["path"].startswith("/assets/"):
            told["cache-control"] = "no-store"

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in told.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._app(scope, receive, tell)
