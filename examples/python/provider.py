"""An app that others wake: run it once. `neverliie_ipc.py` is a copy of lib/python's, beside it."""

import time

from neverliie_ipc import NeverLiieIPC

ipc = NeverLiieIPC("provider")


def shout(text, times=1):
    return " ".join([text.upper()] * times)


def countdown(start, pause=0.0):
    for number in range(start, 0, -1):
        yield number
        time.sleep(pause)


def divide(a, b):
    return a / b


ipc.expose("shout", shout)
ipc.expose("countdown", countdown)
ipc.expose("divide", divide)

print("provider is ready", flush=True)
while True:
    time.sleep(1)
