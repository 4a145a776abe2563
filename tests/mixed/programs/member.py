"""
What the tests of tests/mixed run in Python; member.ts is the same in TypeScript.

member.py NAME                        an app of that name
member.py --ask APP METHOD PARAMS     calls, and prints the answer
member.py --read APP COUNT            reads so many items of a stream without end, cancels it, and prints
                                      them once its handler has ended
"""

import json
import os
import sys
import threading

from load import Load
from neverliie_ipc import NeverLiieIPC


def serve(name):
    starts = []
    running = set()
    stopped = threading.Event()
    said = threading.Lock()
    latest = {"life": os.getpid(), "n": 0}
    loads = {}

    ipc = NeverLiieIPC(name, on_second_instance=lambda start: starts.append(start.args))
    news = ipc.topic("news", retain=True)

    @ipc.expose("pid", idempotent=True)
    def pid():
        return os.getpid()

    @ipc.expose("add")
    def add(a, b):
        return a + b

    @ipc.expose("forever")
    def forever():
        reader = object()
        running.add(reader)
        try:
            number = 0
            while True:
                number += 1
                yield number
        finally:
            running.discard(reader)

    ipc.expose("running", lambda: len(running))
    ipc.expose("ask", lambda app, method, params: ipc.request(app, method, *params, _timeout=None))
    ipc.expose("starts", lambda: starts)

    @ipc.expose("stop_telling")
    def stop_telling():
        with said:
            stopped.set()
            return latest

    @ipc.expose("begin")
    def begin(apps):
        loads.update({app: Load(ipc, app) for app in apps})

    ipc.expose("heard", lambda app, tick: loads[app].until_heard(tick))
    ipc.expose("finish", lambda: {app: load.finish() for app, load in loads.items()})

    print(f"ready {os.getpid()}", flush=True)
    # Tells its numbers from its start on.
    while not stopped.wait(0.005):
        with said:
            if not stopped.is_set():
                latest["n"] += 1
                news.emit(dict(latest))
    ipc.wait()


def ask(app, method, params):
    answer = NeverLiieIPC.client().request(app, method, *json.loads(params), _timeout=None)
    print(json.dumps(answer, separators=(",", ":")))


def read(app, count):
    items = []
    ipc = NeverLiieIPC.client()
    stream = ipc.stream(app, "forever")
    for item in stream:
        items.append(item)
        if len(items) == count:
            stream.cancel()
    while ipc.request(app, "running") > 0:
        pass
    print(json.dumps(items, separators=(",", ":")))


if sys.argv[1] == "--ask":
    ask(*sys.argv[2:])
elif sys.argv[1] == "--read":
    read(sys.argv[2], int(sys.argv[3]))
else:
    serve(sys.argv[1])
