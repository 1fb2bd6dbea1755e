"""The gate before the live page: the token opens it, and nothing else."""

import contextlib
import http.client
import socket
import threading

import pytest

from premotor.errors import PremotorError
from premotor.view.serving import announced
from premotor.view.token_gate import TokenGate


@pytest.fixture
def behind():
    """A page that answers each connection with "page", then sends back what it hears; its port and what it heard."""
    listening, heard = socket.create_server(("127.0.0.1", 0)), []

    def answer(connection: socket.socket) -> None:
        with connection:
            heard.append(connection.recv(2**16))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage")
            while data := connection.recv(2**16):
                connection.sendall(data[::-1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1], heard
    listening.close()


def asked(port: int, place: str, **fields: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", place, headers=fields)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def test_the_token_opens_the_gate_and_a_cookie_keeps_it_open(behind):
    port, heard = behind
    with TokenGate("127.0.0.1", 0, port) as gate:
        status, headers, _ = asked(gate.port, f"/?token={gate.token}")
        assert (status, headers["Location"]) == (303, "/") and "HttpOnly" in headers["Set-Cookie"]
        cookie = headers["Set-Cookie"].split(";")[0]
        status, _, text = asked(gate.port, "/assets/a.js", Cookie=f"other=1; {cookie}")
        assert (status, text) == (200, b"page")
        assert heard[0].startswith(b"GET /assets/a.js HTTP/1.1\r\n")
    assert len(gate.token) > 20


def test_nothing_else_opens_it(behind):
    port, heard = behind
    with TokenGate("127.0.0.1", 0, port) as gate, TokenGate("127.0.0.1", 0, port) as other:
        token = gate.token
        for place, fields in (
            ("/", {}),
            ("/?token=", {}),
            (f"/?token={other.token}", {}),
            (f"/?token={token}&token={token}x", {}),
            (f"/{token}", {}),
            ("/", {"Cookie": "premotor="}),
            ("/", {"Cookie": f"premotor={other.token}"}),
            ("/", {"Cookie": f"other={token}"}),
            ("/", {"Referer": f"http://x/?token={token}"}),
        ):
            status, _, text = asked(gate.port, place, **fields)
            assert status == 403 and b"with its token" in text
        for nonsense in (
            b"\r\n\r\n",
            b"\x16\x03\x01\r\n\r\n",
            b"GET / FTP/1\r\n\r\n",
            b"GET  / HTTP/1.1\r\n\r\n",
            b"x" * 2**17,
        ):
            with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as made:
                made.sendall(nonsense)
                with contextlib.suppress(OSError):  # refused, and gone before we are
                    made.shutdown(socket.SHUT_WR)
                    assert made.recv(2**16) == b""
    assert heard == []


def test_both_ways_stay_open_until_the_gate_is_closed(behind):
    with TokenGate("127.0.0.1", 0, behind[0]) as gate:
        made = socket.create_connection(("127.0.0.1", gate.port), timeout=10)
        made.sendall(f"GET / HTTP/1.1\r\nCookie: premotor={gate.token}\r\nUpgrade: websocket\r\n\r\n".encode())
        assert made.recv(2**16).endswith(b"page")
        for _ in range(3):
            made.sendall(b"abc")
            assert made.recv(3) == b"cba"
    with made:
        assert made.recv(3) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", gate.port), timeout=1)


def test_a_taken_port_is_one_sentence(behind):
    port, _ = behind
    with pytest.raises(PremotorError, match=f"nothing can listen at 127.0.0.1, port {port}"):
        TokenGate("127.0.0.1", port, 1).__enter__()


def test_only_other_machines_need_a_token(behind):
    class Server:
        def get_port(self) -> int:
            return behind[0]

    said: list[str] = []
    with announced(Server(), "127.0.0.1", 8080, said.append):
        assert f"open http://127.0.0.1:{behind[0]} in" in said[0] and "token" not in said[0]
    said.clear()
    with announced(Server(), "0.0.0.0", 0, said.append):
        place = said[0].split()[1]
        port, token = place.rsplit(":", 1)[1].split("/?token=")
        assert asked(int(port), "/", Cookie=f"premotor={token}")[2] == b"page"
