"""Signals of D-Bus through dbus-daemon, by a library: jeepney. Arguments: PORT TOKEN, then server or
client, and the path of the bus' socket."""

import json
import os
import selectors
import time

from control import args, ready_to_serve, take_orders
from jeepney import DBusAddress, MatchRule, MessageType, message_bus, new_signal
from jeepney.io.blocking import open_dbus_connection

role, path = args
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + path
TOPIC = DBusAddress("/bench", interface="bench.Topic")
ASKING = DBusAddress("/bench", interface="bench.Asking")
# As in loops.mjs: the values of a burst, of which two are under way.
BURST = 100


def connect(interface):
    bus = open_dbus_connection("SESSION")
    rule = MatchRule(type="signal", interface=interface)
    bus.send_and_get_reply(message_bus.AddMatch(rule))
    return bus


def serve():
    bus = connect(ASKING.interface)
    ready_to_serve()
    while True:
        if bus.receive().header.message_type != MessageType.signal:
            continue
        for index in range(BURST):
            text = json.dumps({"index": index, "text": "x" * 72})
            bus.send(new_signal(TOPIC, "Value", "s", (text,)))


class Subscribers:
    def __init__(self):
        self.buses = []
        self.selector = selectors.DefaultSelector()

    def resize(self, count):
        while len(self.buses) > count:
            bus = self.buses.pop()
            self.selector.unregister(bus.sock)
            bus.close()
        while len(self.buses) < count:
            bus = connect(TOPIC.interface)
            self.buses.append(bus)
            self.selector.register(bus.sock, selectors.EVENT_READ, bus)

    def deliveries(self, order):
        self.resize(order["subscribers"])
        if not self.buses:
            return 0
        burst = BURST * len(self.buses)
        bursts = max(2, round(order["count"] / burst))
        ask = lambda: self.buses[0].send(new_signal(ASKING, "Value"))
        received, due, left = 0, burst, bursts - 2
        start = time.perf_counter()
        ask()
        ask()
        while received < bursts * burst:
            for key, _ in self.selector.select():
                bus = key.data
                bus.parser.add_data(bus.sock.recv(1 << 18))
                while (message := bus.parser.get_next_message()) is not None:
                    received += len(message.body)
            while received >= due:
                due += burst
                if left > 0:
                    left -= 1
                    ask()
        return bursts * burst / (time.perf_counter() - start)


if role == "server":
    serve()
else:
    take_orders({"deliveries": Subscribers().deliveries})
