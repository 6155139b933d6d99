"""Atomic counters: many tasks on one document, and one call after the other."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from tools.benchmarks.measuring import Benchmark, Side, Target, on_asyncio, on_trio, peer
from tools.benchmarks.models import AsyncUser, values
from tools.benchmarks.sides import bare, bare_async, in_tasks, increase_command, ours, peer_models

__all__ = ["BENCHMARKS"]

_MANY, _FEW = 20_000, 4_000
_PEER_MANY = 4_000


async def _ours_50(url: str) -> float:
    async with ours(url):
        user = await AsyncUser(**values()).asave()
        await user.score.aincrease(1)
        return await in_tasks(50, _MANY, lambda: user.score.aincrease(1))


async def _peer_50(url: str) -> float:
    async with peer_models(url) as models:
        user = models.PeerUser(**values())
        await user.asave()
        await user.score.aincrease(1)
        return await in_tasks(50, _PEER_MANY, lambda: user.score.aincrease(1))


async def _bare_50(url: str) -> float:
    _, source, _, key, *args = increase_command(url)
    async with bare_async(url) as client:
        script = client.register_script(source)
        await script(keys=[key], args=args)
        return await in_tasks(50, _PEER_MANY, lambda: script(keys=[key], args=args))


async def _ours_1(url: str) -> float:
    async with ours(url):
        user = await AsyncUser(**values()).asave()
        await user.score.aincrease(1)
        return await in_tasks(1, _FEW, lambda: user.score.aincrease(1))


async def _peer_1(url: str) -> float:
    async with peer_models(url) as models:
        user = models.PeerUser(**values())
        await user.asave()
        await user.score.aincrease(1)
        return await in_tasks(1, _FEW, lambda: user.score.aincrease(1))


def _raw_socket(url: str) -> float:
    """Send the same script's call on a blocking socket, and read until it was answered."""
    _, source, *rest = increase_command(url)
    connection = peer("redis.connection").Connection()
    with bare(url) as client:
        packed = b"".join(connection.pack_command("EVALSHA", client.script_load(source), *rest))
    at = urlsplit(url)
    with socket.create_connection((at.hostname or "localhost", at.port or 6379)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        for _ in range(_FEW):
            sock.sendall(packed)
            reply = b""
            while reply.count(b"\r\n") < 2:  # a bulk string: its length, and itself
                reply += sock.recv(65536)
        return time.perf_counter() - start


BENCHMARKS = [
    Benchmark(
        "increase-50",
        "aincrease of one counter by 50 concurrent tasks",
        [
            Side("asyncio", on_asyncio(_ours_50), _MANY),
            Side("trio", on_trio(_ours_50), _MANY),
            Side("rapyer 1.3.6", on_asyncio(_peer_50), _PEER_MANY),
            Side("bare redis-py", on_asyncio(_bare_50), _PEER_MANY),
        ],
        [Target("asyncio", "rapyer 1.3.6", 6), Target("trio", "rapyer 1.3.6", 5)],
    ),
    Benchmark(
        "increase-1",
        "aincrease, one after the other",
        [
            Side("asyncio", on_asyncio(_ours_1), _FEW),
            Side("trio", on_trio(_ours_1), _FEW),
            Side("rapyer 1.3.6", on_asyncio(_peer_1), _FEW),
            Side("raw socket", _raw_socket, _FEW),
        ],
        [Target("asyncio", "rapyer 1.3.6", 1.8), Target("asyncio", "raw socket", 0.85)],
    ),
]
