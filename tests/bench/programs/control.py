"""The measured program's end of the bench's control connection, as control.mjs: orders are lines of
JSON. Arguments: PORT TOKEN, and the program's own."""

import json
import os
import socket
import sys
import threading

port, token, *args = sys.argv[1:]
control = socket.create_connection(("127.0.0.1", int(port)))
lines = control.makefile("r", encoding="utf-8", newline="\n")


def send(message):
    control.sendall((json.dumps(message) + "\n").encode())


def ready():
    send({"token": token, "facts": {"python": sys.version.split()[0]}})


def ready_to_serve():
    """The same of a program without orders, which ends as soon as the bench hangs up."""
    ready()

    def end():
        for _ in lines:
            pass
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()


def take_orders(orders):
    ready()
    for line in lines:
        order = json.loads(line)
        try:
            send({"value": orders[order["do"]](order)})
        except Exception as error:  # told to the bench, which goes on without this peer
            send({"error": repr(error)})
