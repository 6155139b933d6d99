"""Opening one connection: address, socket, TLS, greeting. It is there in time or not at all."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from time import monotonic
from typing import Any

from rapyer_async._seam import Readiness, resolve
from rapyer_async.drivers.native.connection import Connection
from rapyer_async.drivers.native.stream import PlainSocket, Stream, TlsSocket, TlsStream
from rapyer_core.errors import ConnectionFailedError
from rapyer_core.urls import Settings, TlsSettings
from rapyer_core.wire.handshake import check_handshake, handshake_commands
from rapyer_core.wire.packing import pack
from rapyer_core.wire.replies import OutOfStepError, Parsed, ReplyParser

__all__ = ["dial"]

# What a connect that goes on in the background says; the last one is Windows'.
_UNDER_WAY = (errno.EINPROGRESS, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS))


async def dial(settings: Settings) -> Connection:
    """Return a connection that is greeted and ready.

    Errors: ConnectionFailedError, AuthenticationFailedError.
    """
    deadline = monotonic() + settings.connect_timeout
    stream: Stream | None = None
    try:
        stream = await _open(settings, deadline)
        parser = ReplyParser()
        parser.resp3 = settings.protocol == 3
        check_handshake(settings, await _greet(stream, parser, settings, deadline))
    except (OSError, OutOfStepError) as error:
        if stream is not None:
            stream.close()
        raise _failed(settings, error) from error
    except BaseException:
        if stream is not None:
            stream.close()
        raise
    return Connection(stream, parser, settings)


def _failed(settings: Settings, error: Exception) -> ConnectionFailedError:
    reason = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        reason = f"it took longer than {settings.connect_timeout:g} s"
    return ConnectionFailedError(f"cannot connect to {settings.description}: {reason}")


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


async def _open(settings: Settings, deadline: float) -> Stream:
    if settings.scheme == "unix":
        sock = await _connect(socket.AF_UNIX, 0, settings.path, deadline)
    else:
        sock = await _connect_to_host(settings, deadline)
    if settings.tls is None:
        return Stream(sock)
    return await _secure(sock, settings, settings.tls, deadline)


async def _connect_to_host(settings: Settings, deadline: float) -> socket.socket:
    failure: OSError = OSError("the name has no address")
    for family, _, protocol, _, address in await resolve(settings.host, settings.port):
        try:
            sock = await _connect(family, protocol, address, deadline)
        except OSError as error:
            failure = error
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return sock
    raise failure


async def _connect(family: int, protocol: int, address: Any, deadline: float) -> socket.socket:
    sock = PlainSocket(family, socket.SOCK_STREAM, protocol)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code in _UNDER_WAY:
            await Readiness(sock).writable(_left(deadline))
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock


async def _secure(
    sock: socket.socket, settings: Settings, tls: TlsSettings, deadline: float
) -> Stream:
    try:
        secured = _context(tls).wrap_socket(
            sock, server_hostname=settings.host, do_handshake_on_connect=False
        )
    except BaseException:
        sock.close()
        raise
    stream = TlsStream(secured)
    try:
        await stream.shake_hands(_left(deadline))
    except BaseException:
        stream.close()
        raise
    return stream


def _context(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.sslsocket_class = TlsSocket
    context.check_hostname = tls.verify and tls.check_hostname
    context.verify_mode = ssl.CERT_REQUIRED if tls.verify else ssl.CERT_NONE
    if tls.certificate_file is not None:
        context.load_cert_chain(tls.certificate_file, tls.key_file)
    return context


async def _greet(
    stream: Stream, parser: ReplyParser, settings: Settings, deadline: float
) -> list[Parsed]:
    commands = handshake_commands(settings)
    unsent = memoryview(b"".join(pack(command) for command in commands))
    while unsent:
        sent = stream.send_now(unsent)
        if not sent:
            await stream.writable(_left(deadline))
        unsent = unsent[sent:]
    replies: list[Parsed] = []
    while len(replies) < len(commands):
        await stream.readable(_left(deadline))
        data = stream.receive_now()
        if data is None:
            continue
        if not data:
            raise ConnectionResetError("the server closed the connection")
        replies += parser.feed(data)
    return replies
