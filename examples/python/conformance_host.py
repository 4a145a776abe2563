"""The fixture of docs/conformance.md: a host that the kit checks in full, in Python."""

from neverliie_ipc import NeverLiieIPC, RemoteError, SecondInstance, current_call

starts = []
running = {}


def remember(start: SecondInstance):
    starts.append(start.args)


ipc = NeverLiieIPC("conformance-python", on_second_instance=remember)
topics = {"kit.news": ipc.topic("kit.news", retain=True), "kit.ticks": ipc.topic("kit.ticks")}


@ipc.expose("kit.echo")
def echo(*args, **kwargs):
    return list(args) if args else kwargs


@ipc.expose("kit.add")
def add(a, b):
    return a + b


@ipc.expose("kit.fail")
def fail(message, code=-32603, data=None):
    raise RemoteError(message, code, data)


@ipc.expose("kit.wait")
def wait(key):
    call = current_call()
    running[key] = 0
    try:
        while not call.cancelled:
            call.wait(60)
    finally:
        running.pop(key, None)


@ipc.expose("kit.count")
def count(to, size=None, fail=None, hold=False, key=None):
    call = current_call()
    running[key] = 0
    try:
        for number in range(1, to + 1):
            running[key] = number
            yield number if size is None else "x" * size
        if fail is not None:
            raise RemoteError(fail)
        while hold and not call.cancelled:
            call.wait(60)
    finally:
        running.pop(key, None)


ipc.expose("kit.running", lambda: {key: made for key, made in running.items() if key is not None})
ipc.expose("kit.bytes", lambda size: {"data": bytes(n % 256 for n in range(size))})
ipc.expose("kit.left", lambda: (left := current_call().time_left()) and left * 1_000)
ipc.expose("kit.call_back", lambda method, params: current_call().caller.call(method, **params))
ipc.expose("kit.starts", lambda: starts)


@ipc.expose("kit.emit")
def emit(topic, values):
    for value in values:
        topics[topic].emit(value)


ipc.wait()
