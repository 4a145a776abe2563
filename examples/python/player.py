"""The modern way: asyncio, topics, errors that are raised. player.py serves; player.py listen."""

import asyncio
import sys
from typing import AsyncIterator, List

from neverliie_ipc import AsyncIPC, RemoteError


async def serve() -> None:
    async with await AsyncIPC.open("player") as ipc:
        track = ipc.topic("track", retain=True)
        played: List[str] = []

        async def play(title: str) -> int:
            """Plays a track, and tells whoever listens."""
            if not title:
                raise RemoteError("a track has a title", 422)
            played.append(title)
            track.emit({"title": title})
            return len(played)

        async def positions(seconds: int) -> AsyncIterator[int]:
            """How far it is."""
            for second in range(seconds):
                yield second
                await asyncio.sleep(0.01)

        ipc.expose("play", play)
        ipc.expose("positions", positions)
        await ipc.closed()


async def listen() -> None:
    async with await AsyncIPC.client() as ipc:
        player = ipc.connect("player")
        print(await player.play(title="Blue in Green"))
        async for track in player.subscribe("track"):
            print(track["title"])
            break
        async for second in player.positions.stream(3):
            print(second)
        try:
            await player.play(title="")
        except RemoteError as error:
            print(error.code, error)


asyncio.run(listen() if "listen" in sys.argv else serve())
