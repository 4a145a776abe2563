"""multiprocessing.connection: how the reference program talks. Arguments: PORT TOKEN, then server
or client, the socket's path, and for a client "persistent" or "per-call"."""

import time
from multiprocessing.connection import Client, Listener

from control import args, ready_to_serve, take_orders

role, path, *rest = args
MESSAGE = {"jsonrpc": "2.0", "id": 12345, "method": "echo", "params": {"text": "x" * 34}}


def percentiles(samples):
    samples.sort()
    pick = lambda part: samples[min(len(samples) - 1, int(len(samples) * part))] * 1e6
    return {"p50": pick(0.5), "p99": pick(0.99)}


def serve():
    listener = Listener(path, "AF_UNIX", backlog=128)
    ready_to_serve()
    while True:
        peer = listener.accept()
        try:
            while True:
                peer.send(peer.recv())
        except (EOFError, ConnectionError):
            peer.close()


def persistent_call():
    peer = Client(path)

    def call():
        peer.send(MESSAGE)
        peer.recv()

    return call


def call_on_new_connection():
    with Client(path) as peer:
        peer.send(MESSAGE)
        peer.recv()


def latency(call, count):
    samples = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return percentiles(samples)


if role == "server":
    serve()
else:
    call = persistent_call() if rest[0] == "persistent" else call_on_new_connection
    take_orders({"latency": lambda order: latency(call, order["count"])})
