"""An app whose stream goes on until its reader has enough: scanner.py."""

import os
import time

from neverliie_ipc import NeverLiieIPC

ipc = NeverLiieIPC("file_scanner")
ended = []


def scan(folder):
    """Every file below a folder, again and again."""
    try:
        while True:
            for parent, _, files in os.walk(folder):
                for name in files:
                    yield {"file": os.path.join(parent, name)}
    finally:
        ended.append(folder)  # whether the loop was left, cancelled, or its program has died


ipc.expose("scan", scan)
ipc.expose("ended", lambda: ended)

while True:
    time.sleep(1)
