"""What a caller in Python does to one app of tests/mixed until it is told to finish; see load.ts."""

import threading

from neverliie_ipc import ConnectionLostError, current_call

#: Seconds between two calls, or two streams.
PAUSE = 0.01
#: Items of the longest stream.
ITEMS = 60


class Load:
    """Calls, streams and a subscription, each in a thread of its own."""

    def __init__(self, ipc, app):
        self.ipc = ipc
        self.app = app
        self.over = threading.Event()
        self.changed = threading.Condition()
        self.fault = None
        self.last = {"life": 0, "n": 0}
        self.lives = []
        self.did = {"calls": 0, "lost": 0, "streams": 0, "streamsLost": 0, "values": 0, "missing": 0}
        self.news = ipc.subscribe(app, "news")
        self.threads = [
            threading.Thread(target=self.guarded, args=(work,), daemon=True)
            for work in (self.call, self.read, self.listen)
        ]
        for thread in self.threads:
            thread.start()

    def until_heard(self, tick):
        """Returns once it has heard so much, or of a later life. Raises what was wrong."""
        call = current_call()
        at = lambda: tick["life"] in self.lives[:-1] or (
            self.last["life"] == tick["life"] and self.last["n"] >= tick["n"]
        )
        with self.changed:
            while self.fault is None and not at() and not call.cancelled:
                self.changed.wait(1)
        if self.fault is not None:
            raise Exception(self.fault)

    def finish(self):
        """Ends it. Raises what was wrong."""
        self.over.set()
        self.news.cancel()
        for thread in self.threads:
            thread.join()
        if self.fault is not None:
            raise Exception(self.fault)
        return {**self.did, "dropped": self.news.dropped, "lives": self.lives}

    def guarded(self, work):
        try:
            work()
        except Exception as error:
            with self.changed:
                self.fault = self.fault or f"{work.__name__} of {self.app}: {error!r}"
                self.changed.notify_all()

    def call(self):
        number = 0
        while not self.over.wait(PAUSE):
            number += 1
            # May be asked again, and is answered whatever is killed.
            assert self.ipc.request(self.app, "pid", _timeout=None) > 0
            try:
                total = self.ipc.request(self.app, "add", number, b=1, _timeout=None)
                assert total == number + 1, f"{number} + 1 came to {total}"
                self.did["calls"] += 1
            except ConnectionLostError:
                self.did["lost"] += 1

    def read(self):
        turn = 0
        while not self.over.wait(PAUSE):
            turn += 1
            due = 0
            stream = self.ipc.stream(self.app, "forever")
            try:
                for item in stream:
                    due += 1
                    assert item == due, f"{item} came where {due} was due"
                    if due == 1 + turn * 7 % ITEMS:
                        stream.cancel()
                self.did["streams"] += 1
            except ConnectionLostError:
                self.did["streamsLost"] += 1

    def listen(self):
        for tick in self.news:
            with self.changed:
                if tick["life"] != self.last["life"]:
                    assert tick["life"] not in self.lives, f"{tick} came behind {self.lives}"
                    self.lives.append(tick["life"])
                else:
                    assert tick["n"] > self.last["n"], f"{tick} came behind {self.last}"
                    self.did["missing"] += tick["n"] - self.last["n"] - 1
                self.last = tick
                self.did["values"] += 1
                self.changed.notify_all()
