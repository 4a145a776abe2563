"""What the tests of tests/python ask of an app in Python."""

import itertools
import os
import sys
import threading
import time

import neverliie_ipc
from neverliie_ipc import NeverLiieIPC, RemoteError, SecondInstance, current_call, printable

starts = []
left = []
counts = {"calls": 0, "hanging": 0, "made": 0}
meeting = {20: threading.Barrier(20)}


def remember(start: SecondInstance) -> None:
    starts.append(list(start))


name = sys.argv[1] if len(sys.argv) > 1 else "pyfixture"
ipc = NeverLiieIPC(name, on_second_instance=remember, version="4.5.6", limits={"calls": 50})
news = ipc.topic("news", retain=True, description="what is new")
ticks = ipc.topic("ticks")


@ipc.expose("arguments")
def arguments(*args, **kwargs):
    return {"args": args, "kwargs": kwargs}


@ipc.expose("about")
def about():
    """Tells how it runs."""
    return {"pid": os.getpid(), "argv": sys.argv, "cwd": os.getcwd(), "woken": ipc.woken, "starts": starts}


@ipc.expose("twice", idempotent=True)
def twice():
    """Hangs the first time that it is asked."""
    call = current_call()
    counts["calls"] += 1
    if call.attempt == 1:
        call.wait(30)
    return {"pid": os.getpid(), "attempt": call.attempt}


@ipc.expose("hang")
def hang(note):
    call = current_call()
    counts["hanging"] += 1
    cancelled = call.wait(30)
    left.append([note, cancelled])


@ipc.expose("left")
def left_calls():
    return left


@ipc.expose("forward")
def forward(app, method):
    """Calls on: what it calls has its time, and its trace."""
    return {"own": current_call().time_left() * 1_000, "told": ipc.request(app, method)}


@ipc.expose("emit")
def emit(topic, values):
    chosen = {"news": news, "ticks": ticks}[topic]
    for value in values:
        chosen.emit(value)
    return chosen.subscribers


@ipc.expose("fail")
def fail(message, code=None, data=None):
    raise RemoteError(message, code, data) if code is not None else ValueError(message)


@ipc.expose("not_json")
def not_json(what):
    return {"nan": {"list": [1.0, float("nan")]}, "set": {1, 2}, "bytes": b"\x00\xff"}[what]


@ipc.expose("meet")
def meet(count):
    """Waits until so many are here; tells in which thread."""
    meeting[count].wait(30)
    return threading.get_ident()


@ipc.expose("numbers")
def numbers():
    for number in itertools.count():
        counts["made"] = number + 1
        yield number


ipc.expose("made", lambda: counts["made"])
ipc.expose("counts", lambda: counts)
ipc.expose("die", lambda: os._exit(3))
ipc.expose("shown", printable)
ipc.expose("module", lambda: neverliie_ipc.__file__)

while True:
    time.sleep(1)
