"""A gate before the live page for other machines: whoever knows the token comes in.

The page itself listens on this machine alone. The gate passes on every connection whose first request carries the
token, in the address (which is answered by a cookie) or in that cookie.
"""

import asyncio
import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from premotor.errors import PremotorError

COOKIE = "premotor"
PATIENCE = 10.0
"""Seconds in which a request has to arrive."""
REFUSED = "This page opens only at the whole address that premotor printed, with its token.\n"


class TokenGate:
    """Listens from entering to leaving a ``with`` block, in a thread of its own.

    Args:
        host: address to listen on.
        port: to listen on; 0: any free one.
        behind: port of this machine where the page listens.

    Raises:
        PremotorError: on entering, where nothing can listen there.
    """

    def __init__(self, host: str, port: int, behind: int):
        self.host, self.port, self.behind = host, port, behind
        self.token = secrets.token_urlsafe(16)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen; `port` says where."""
        self._thread.start()
        try:
            begun = asyncio.start_server(self._meet, self.host, self.port)
            self._server = asyncio.run_coroutine_threadsafe(begun, self._loop).result()
        except OSError as error:
            self._end()
            raise PremotorError(f"nothing can listen at {self.host}, port {self.port}: {error}") from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._end()

    def _end(self) -> None:
        async def cancelled() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(cancelled(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            place, cookie = _asked(head)
            if self._is(*parse_qs(place.query).get("token", [])):
                marks = f"Set-Cookie: {COOKIE}={self.token}; HttpOnly; SameSite=Lax; Path=/"
                writer.write(_answer("303 See Other", f"Location: {place.path or '/'}", marks))
            elif self._is(cookie):
                await self._pass_on(head, reader, writer)
            else:
                writer.write(_answer("403 Forbidden", "Content-Type: text/plain", body=REFUSED))
            await writer.drain()
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a request that is none, or one that was given up
        finally:
            writer.close()

    def _is(self, *given: str) -> bool:
        return len(given) == 1 and secrets.compare_digest(given[0].encode(), self.token.encode())

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.behind)
        try:
            back.write(head)
            both = [asyncio.ensure_future(_copy(*ends)) for ends in ((reader, back), (there, writer))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        finally:
            back.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()


def _asked(head: bytes) -> tuple[SplitResult, str]:
    """The address of a request, and our cookie; ValueError for what is no request of HTTP."""
    line, *fields = head.decode("latin-1").split("\r\n")
    _, target, version = line.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    cookies: SimpleCookie = SimpleCookie()
    for field in fields:
        name, _, value = field.partition(":")
        if name.strip().lower() == "cookie":
            try:
                cookies.load(value.strip())
            except CookieError as error:
                raise ValueError(value) from error
    return urlsplit(target), cookies[COOKIE].value if COOKIE in cookies else ""


def _answer(status: str, *fields: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()
