"""How programs end: ending.py HOW, where HOW is loop, wait or close."""

import sys
import time

from neverliie_ipc import NeverLiieIPC

how = sys.argv[1]
ipc = NeverLiieIPC("pyending", on_leave=lambda why: print(f"left: {why}", flush=True))
ipc.expose("wait", lambda: time.sleep(60))
print("ready", flush=True)

try:
    if how == "loop":
        while True:
            time.sleep(60)
    if how == "wait":
        ipc.wait()
    if how == "close":
        sys.stdin.readline()
        ipc.close()
finally:
    print(f"the end, {ipc.wait(0)}", flush=True)
