"""Calls, streams, subscribes and cancels on the mesh, from Python: client.py. Written from docs/protocol.md."""
import hashlib, json, os, socket


def address(app):
    home = os.environ.get("NEVERLIIE_HOME") or os.path.expanduser("~/.neverliie")
    identity = f"{os.getuid()}\n{os.path.realpath(home)}"
    key = hashlib.sha256(identity.encode()).hexdigest()[:12]
    return f"/tmp/neverliie-{os.getuid()}/{key}/{app}.sock"


class Peer:
    def __init__(self, app):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address(app))
        self.file = self.socket.makefile("rb")
        self.last = 0

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def receive(self):
        length = None
        while (line := self.file.readline()) != b"\r\n":
            if not line:
                raise EOFError("the peer closed the connection")
            name, value = line.decode("ascii").split(":", 1)
            if name.strip().lower() == "content-length":
                length = int(value)
        return json.loads(self.file.read(length))

    def request(self, method, params):
        self.last += 1
        self.send(id=self.last, method=method, params=params)
        return self.last

    def result(self, id):
        while (message := self.receive()).get("id") != id or "method" in message:
            if "method" in message and "id" in message:  # this client offers no methods
                error = {"code": -32601, "message": f"no method {message['method']}"}
                self.send(id=message["id"], error=error)
        if message.get("error"):
            raise RuntimeError(message["error"]["code"], message["error"]["message"])
        return message["result"]

    def call(self, method, params={}):
        return self.result(self.request(method, params))

    def cancel(self, id):
        self.send(method="$/cancelRequest", params={"id": id})

    def stream(self, method, params={}):
        page = self.call(method, params)
        token = page.get("token")
        try:
            yield from page["values"]
            while token is not None:
                page = self.call("$/enumerator/next", {"token": token})
                if page.get("finished"):
                    token = None
                yield from page["values"]
        finally:
            if token is not None:
                self.send(method="$/enumerator/abort", params={"token": token})

    def subscribe(self, topic, **options):
        for event in self.stream("$/subscribe", {"topic": topic, **options}):
            if event["event"] == "value":
                yield event["value"]


if __name__ == "__main__":
    greeter = Peer("greeter")
    print(greeter.call("greet", {"name": "Python"}))
    print(sum(greeter.stream("count", {"to": 1000})))
    numbers = greeter.stream("count", {"to": 1_000_000_000})
    print(next(numbers), next(numbers))
    numbers.close()  # the handler ends
    late = greeter.request("greet_later", ["Python", 60_000])
    greeter.cancel(late)
    try:
        greeter.result(late)
    except RuntimeError as error:
        print(*error.args)
    print(greeter.call("greet", ["again"]))
