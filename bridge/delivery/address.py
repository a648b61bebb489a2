"""Where the ledger's server is: one URL, or the Sentinels that know who is the primary now.

`sentinel://user:password@one:26379,two:26379,three:26379/0?master=bridge`: the password is the data
server's; `&sentinel_password=…` is the Sentinels' own, where they have one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

SCHEME = "sentinel"
PORT = 26379


class AddressError(ValueError):
    """The URL cannot be used; the text says why, without the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinels:
    """`hosts`: (name, port) of each Sentinel; `master`: what they call the primary."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int = 0
    username: str | None = None
    password: str | None = None
    sentinel_password: str | None = None

    def celery_url(self) -> str:
        """As kombu and Celery's result backend want it: each Sentinel a URL of its own."""
        login, _, _ = self._netloc.rpartition("@")
        before = f"{login}@" if login else ""
        return ";".join(
            f"{SCHEME}://{before}{_bracketed(host)}:{port}/{self.database}"
            for host, port in self.hosts
        )

    def celery_options(self) -> dict[str, object]:
        """Their transport options for it."""
        return {"master_name": self.master, "sentinel_kwargs": self.sentinel_login()}

    def sentinel_login(self) -> dict[str, object]:
        return {"password": self.sentinel_password} if self.sentinel_password else {}

    _netloc: str = ""


def sentinels(url: str) -> Sentinels | None:
    """None where the URL names a server itself. Raises `AddressError`."""
    if not url.startswith(f"{SCHEME}://"):
        return None
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    query = parse_qs(parts.query)
    master = query.get("master", [""])[0]
    if not master:
        raise AddressError("a sentinel:// address needs ?master=NAME, what they call the primary")
    database = parts.path.strip("/") or "0"
    if not database.isascii() or not database.isdigit():
        raise AddressError(f"`{database[:20]}` is no number of a database")
    return Sentinels(
        hosts=tuple(_hosts(hosts)),
        master=master,
        database=int(database),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_password=query.get("sentinel_password", [None])[0],
        _netloc=parts.netloc,
    )


def _hosts(text: str) -> Iterator[tuple[str, int]]:
    for one in text.split(","):
        try:
            parts = urlsplit(f"//{one.strip()}")
            host, port = parts.hostname, parts.port or PORT
        except ValueError:
            host, port = None, PORT
        if not host:
            raise AddressError(
                "a sentinel:// address names each Sentinel as host:port, with commas"
            )
        yield host, port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
