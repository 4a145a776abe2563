"""How handlers end that neither return a value nor raise an Exception: ends.py."""

import asyncio
import sys

from neverliie_ipc import NeverLiieIPC, current_call


class Odd(BaseException):
    """No Exception, as asyncio's CancelledError is none."""


class Unsaid(Exception):
    @property
    def code(self):
        raise ValueError("no code")

    @property
    def data(self):
        raise ValueError("no data")


class Torn(dict):
    def items(self):
        raise OSError("the file is gone")


def around():
    values = []
    values.append(values)
    return values


def throw(error):
    raise error


async def cancelled():
    raise asyncio.CancelledError


def items(error):
    yield 1
    throw(error)


def last_words():
    try:
        while True:
            yield 1
    finally:
        throw(Odd("the last words"))


def deaf(key):
    call = current_call()
    call.on_cancel(lambda: throw(OSError("no place to clean up")))
    call.on_cancel(lambda: sys.exit(1))
    call.on_cancel(lambda: heard.append(key))
    call.wait(60)


heard = []
ipc = NeverLiieIPC("ends", on_leave=lambda why: sys.exit(3))
ends = {
    "odd": lambda: throw(Odd("it is odd")),
    "exit": lambda: sys.exit("it exits"),
    "cancelled": cancelled,
    "unsaid": lambda: throw(Unsaid("it says so")),
    "around": around,
    "torn": lambda: Torn(a=1),
    "odd_items": lambda: items(Odd("it is odd")),
    "items_around": lambda: iter([1, around()]),
    "last_words": last_words,
    "deaf": deaf,
    "heard": lambda: heard,
}
for name, function in ends.items():
    ipc.expose(name, function)

try:
    ipc.call("ends", "nobody", around())
except TypeError as error:
    print(error, flush=True)
ipc.wait()
print("the end", flush=True)
