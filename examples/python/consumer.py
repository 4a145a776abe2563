"""Wakes provider.py and calls it; with APP METHOD FOLDER reads a scan, and cancels it."""

import sys

from neverliie_ipc import NeverLiieIPC

ipc = NeverLiieIPC("consumer")


def ask():
    answer = ipc.call("provider", "shout", "hello", times=2, _timeout=10.0)
    if answer is None:
        sys.exit("provider is offline, and nobody has started it yet")
    print(answer["status"], answer["data"])

    print(list(ipc.stream("provider", "countdown", 3)))

    answer = ipc.call("provider", "divide", a=1, b=0)
    print(answer["status"], answer["code"], answer["msg"])

    print(ipc.call("nobody", "shout", "hello"))


def scan(app, method, folder):
    stream = ipc.stream(app, method, folder=folder)
    steps = 0
    for step in stream:
        steps += 1
        if steps == 5:
            stream.cancel()  # the loop ends, and so does the scan
    print(f"cancelled after {steps} steps")


if len(sys.argv) > 1:
    scan(*sys.argv[1:4])
else:
    ask()
