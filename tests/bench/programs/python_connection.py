"""multiprocessing.connection: how the reference program talks. Arguments: PORT TOKEN, then server
or client, the socket's path, and for a client "persistent" or "per-call"."""

import json
import os
import socket
import sys
import threading
import time
from multiprocessing.connection import Client, Listener

port, token, role, path, *rest = sys.argv[1:]
control = socket.create_connection(("127.0.0.1", int(port)))
lines = control.makefile("r", encoding="utf-8", newline="\n")
MESSAGE = {"jsonrpc": "2.0", "id": 12345, "method": "echo", "params": {"text": "x" * 34}}


def send(message):
    control.sendall((json.dumps(message) + "\n").encode())


def ready():
    send({"token": token, "facts": {"python": sys.version.split()[0]}})


def percentiles(samples):
    samples.sort()
    pick = lambda part: samples[min(len(samples) - 1, int(len(samples) * part))] * 1e6
    return {"p50": pick(0.5), "p99": pick(0.99)}


def serve():
    listener = Listener(path, "AF_UNIX", backlog=128)
    ready()

    # the bench hangs up when it is done
    def end():
        for _ in lines:
            pass
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
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
    ready()
    for line in lines:
        order = json.loads(line)
        try:
            if order["do"] != "latency":
                raise ValueError("no order " + order["do"])
            send({"value": latency(call, order["count"])})
        except Exception as error:  # told to the bench, which goes on without this peer
            send({"error": repr(error)})
