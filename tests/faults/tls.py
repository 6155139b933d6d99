"""TLS in front of a server that was built without it: ends TLS and forwards.

One thread for each connection does both directions, since two must not use one TLS socket.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["make_certificate", "running_tls"]


def make_certificate(folder: Path) -> tuple[str, str]:
    """Return the paths of a key and of a certificate for localhost that it signs itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {certificate}"
    subject = "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    subprocess.run([*command.split(), *subject.split()], check=True, capture_output=True)
    return str(key), str(certificate)


def _forward(client: socket.socket, target: tuple[str, int], context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        stack.enter_context(client)
        secured = stack.enter_context(context.wrap_socket(client, server_side=True))
        server = stack.enter_context(socket.create_connection(target))
        while True:
            ready = [secured] if secured.pending() else select.select([secured, server], [], [])[0]
            for source in ready:
                data = source.recv(65536)
                if not data:
                    return
                (server if source is secured else secured).sendall(data)


def _accept(
    listener: socket.socket,
    target: tuple[str, int],
    context: ssl.SSLContext,
    threads: list[threading.Thread],
) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        thread = threading.Thread(target=_forward, args=(client, target, context), daemon=True)
        threads.append(thread)
        thread.start()


@contextlib.contextmanager
def running_tls(server_url: str, key: str, certificate: str) -> Iterator[str]:
    """Yield a rediss:// URL of the server while the block runs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    parts = urlsplit(server_url)
    target = (parts.hostname or "127.0.0.1", parts.port or 6379)
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, target, context, threads)
        accepting = threading.Thread(target=_accept, args=arguments, daemon=True)
        accepting.start()
        try:
            yield f"rediss://localhost:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(10)
