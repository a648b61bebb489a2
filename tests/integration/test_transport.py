"""How far did it get? A raw server dies at every point of the death-point table, TLS or not."""

import asyncio
import gzip
import ipaddress
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from socket import SO_LINGER, SOL_SOCKET

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.connectors.transport import LARGEST, Answer, Failure, Http, join

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BODY = b'{"person": {"firstName": "Anna"}}'


@pytest.fixture(scope="module", params=["http", "https"], autouse=True)
def scheme(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The whole table on both."""
    if request.param == "https":
        certificate = tmp_path_factory.mktemp("tls") / "both.pem"
        certificate.write_bytes(self_signed())
        Wire.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        Wire.server.load_cert_chain(certificate)
        Wire.client = ssl.create_default_context(cafile=certificate)
    yield
    Wire.server = Wire.client = None


class Wire:
    """The TLS contexts of the run; None on plain HTTP."""

    server: ssl.SSLContext | None = None
    client: ssl.SSLContext | None = None


def self_signed() -> bytes:
    """A key and a certificate for 127.0.0.1, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@asynccontextmanager
async def vendor(behaviour: Behaviour, *, tls: bool = True) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    context = Wire.server if tls else None
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        scheme = "https" if context else "http"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def post(
    behaviour: Behaviour, *, read: float = 0.3, times: int = 1, content: bytes = BODY
) -> list[Answer | Failure]:
    async def run() -> list[Answer | Failure]:
        async with vendor(behaviour) as url:
            http = Http(read=read, deadline=2, verify=Wire.client or True)
            try:
                return [
                    await http.call("POST", url + "/x", headers={"accept": "*/*"}, content=content)
                    for _ in range(times)
                ]
            finally:
                await http.aclose()

    return asyncio.run(run())


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def request_of(reader: asyncio.StreamReader) -> None:
    await head_of(reader)
    await reader.readexactly(len(BODY))


def reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"


async def closed_at_accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset_at_accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def closed_after_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head_of(reader)
    writer.close()


async def closed_after_the_whole_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_of(reader)
    writer.close()


async def reset_after_the_whole_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_of(reader)
    reset(writer)


async def no_answer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await request_of(reader)
    await asyncio.sleep(1)


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"\x00\x01 this is no HTTP\r\n\r\n")
    await writer.drain()


async def half_a_response_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    await writer.drain()


async def only_a_continue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    "behaviour",
    [
        closed_at_accept,
        reset_at_accept,
        closed_after_the_head,
        closed_after_the_whole_request,
        reset_after_the_whole_request,
        no_answer,
        garbage,
        half_a_response_head,
        only_a_continue,
    ],
    ids=lambda one: one.__name__,
)
def test_a_request_that_may_have_been_read_is_never_called_unsent(behaviour: Behaviour) -> None:
    (answer,) = post(behaviour)
    assert isinstance(answer, Failure)
    assert answer.reached
    assert "Anna" not in answer.reason


async def closed_in_the_middle_of_the_body(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await head_of(reader)
    await reader.readexactly(64 * 1024)
    reset(writer)


def test_a_body_that_was_half_written_may_have_been_read() -> None:
    (answer,) = post(closed_in_the_middle_of_the_body, content=b"x" * 900_000, read=1)
    assert isinstance(answer, Failure)
    assert answer.reached


async def nothing_after_the_head_of_a_yes(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_of(reader)
    writer.write(OK)
    await writer.drain()


async def half_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(OK + b'"R')
    await writer.drain()


async def a_body_that_never_ends(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_of(reader)
    writer.write(OK + b'"R')
    await writer.drain()
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    "behaviour",
    [nothing_after_the_head_of_a_yes, half_a_body, a_body_that_never_ends],
    ids=lambda one: one.__name__,
)
def test_a_lost_body_still_tells_the_status(behaviour: Behaviour) -> None:
    (answer,) = post(behaviour)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.complete) == (200, False)


async def a_continue_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b'"R1"')
    await writer.drain()


def test_a_continue_before_the_answer_is_passed_over() -> None:
    (answer,) = post(a_continue_first)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.text) == (200, '"R1"')


def packed(encoding: bytes, body: bytes) -> Behaviour:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await head_of(reader)
        assert b"accept-encoding: gzip, deflate\r\n" in head.lower()
        assert b"user-agent: lead-bridge/" in head.lower()
        await reader.readexactly(len(BODY))
        length = b"content-length: %d\r\n\r\n" % len(body)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: " + encoding + b"\r\n" + length + body)
        await writer.drain()

    return answer


@pytest.mark.parametrize(
    ("encoding", "body"),
    [(b"gzip", gzip.compress(b'{"Value":1}')), (b"deflate", zlib.compress(b'{"Value":1}'))],
)
def test_an_answer_may_come_compressed(encoding: bytes, body: bytes) -> None:
    [answer] = post(packed(encoding, body))
    assert isinstance(answer, Answer)
    assert answer.complete
    assert answer.body == b'{"Value":1}'


def test_an_answer_that_does_not_unpack_still_tells_the_status() -> None:
    [answer] = post(packed(b"gzip", b"no gzip at all"))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.complete) == (200, False)


def test_an_answer_that_swells_is_cut() -> None:
    [answer] = post(packed(b"gzip", gzip.compress(b" " * 20 * LARGEST)))
    assert isinstance(answer, Answer)
    assert len(answer.body) == LARGEST


def test_a_kept_connection_that_the_vendor_closed_is_used_or_left_but_never_guessed() -> None:
    served = 0

    async def closes_after_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await request_of(reader)
        served += 1
        writer.write(OK + b'"R1"')
        await writer.drain()

    first, second = post(closes_after_one, times=2)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer) or second.reached
    assert served == (2 if isinstance(second, Answer) else 1)


def call(url: str, *, proxy: str | None = None) -> Answer | Failure:
    async def run() -> Answer | Failure:
        one = Http(connect=0.5, deadline=2, proxy=proxy)
        try:
            return await one.call("POST", url, headers={}, content=BODY)
        finally:
            await one.aclose()

    return asyncio.run(run())


def test_a_refused_connection_is_not_sent() -> None:
    answer = call("http://127.0.0.1:9/")
    assert isinstance(answer, Failure)
    assert not answer.reached


def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    answer = call("https://vendor.invalid/")
    assert isinstance(answer, Failure)
    assert not answer.reached


def test_tls_that_never_finishes_is_not_sent() -> None:
    async def run() -> Answer | Failure:
        async with vendor(no_tls, tls=False) as url:
            http = Http(connect=0.3, deadline=2, verify=ssl.create_default_context())
            try:
                return await http.call(
                    "POST", url.replace("http:", "https:"), headers={}, content=BODY
                )
            finally:
                await http.aclose()

    async def no_tls(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    answer = asyncio.run(run())
    assert isinstance(answer, Failure)
    assert not answer.reached


async def gone(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


def test_tls_that_breaks_in_the_handshake_is_not_sent() -> None:
    async def run() -> Answer | Failure:
        async with vendor(gone, tls=False) as url:
            http = Http(connect=0.5, deadline=2)
            try:
                return await http.call(
                    "POST", url.replace("http:", "https:"), headers={}, content=BODY
                )
            finally:
                await http.aclose()

    answer = asyncio.run(run())
    assert isinstance(answer, Failure)
    assert not answer.reached


def test_a_certificate_that_nobody_vouches_for_is_not_sent() -> None:
    seen: list[bytes] = []

    async def reads(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        seen.append(await reader.read(1))

    async def run() -> Answer | Failure:
        async with vendor(reads) as url:
            http = Http(connect=0.5, deadline=2, verify=ssl.create_default_context())
            try:
                return await http.call("POST", url, headers={}, content=BODY)
            finally:
                await http.aclose()

    if Wire.server is None:
        pytest.skip("plain HTTP has no certificate")
    answer = asyncio.run(run())
    assert isinstance(answer, Failure)
    assert not answer.reached
    assert not any(seen)


def test_a_proxy_that_is_not_there_is_not_sent() -> None:
    answer = call("https://vendor.invalid/x", proxy="http://127.0.0.1:9")
    assert isinstance(answer, Failure)
    assert not answer.reached


def test_a_proxy_that_dies_with_the_request_may_have_passed_it_on() -> None:
    """A plain request goes to the proxy itself; what it did with it nobody knows."""

    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        reset(writer)

    async def run() -> Answer | Failure:
        async with vendor(dies, tls=False) as url:
            http = Http(deadline=2, proxy=url)
            try:
                return await http.call("POST", "http://127.0.0.1:9/x", headers={}, content=BODY)
            finally:
                await http.aclose()

    answer = asyncio.run(run())
    assert isinstance(answer, Failure)
    assert answer.reached


def test_a_proxy_that_refuses_the_tunnel_is_not_sent() -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def run() -> Answer | Failure:
        async with vendor(refuses, tls=False) as url:
            http = Http(deadline=2, proxy=url)
            try:
                return await http.call("POST", "https://vendor.invalid/x", headers={}, content=BODY)
            finally:
                await http.aclose()

    answer = asyncio.run(run())
    assert isinstance(answer, Failure)
    assert not answer.reached


def test_plain_http_beyond_this_machine_is_never_called() -> None:
    answer = call("http://vendor.example/")
    assert isinstance(answer, Failure)
    assert (answer.reached, answer.ms) == (False, 0)
    assert "https" in answer.reason


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def moved(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        )
        await writer.drain()

    (answer,) = post(moved)
    assert isinstance(answer, Answer)
    assert answer.status == 302


@pytest.mark.parametrize("base", ["https://h/flow", "https://h/flow/"])
def test_f_t13_paths_are_joined_under_the_base(base: str) -> None:
    assert join(base, "api/Public/Cases", "x") == "https://h/flow/api/Public/Cases/x"
    assert join(base, "/authtoken") == "https://h/flow/authtoken"
