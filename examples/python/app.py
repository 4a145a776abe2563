"""An app on the mesh, in Python: app.py NAME. It answers `shout`. Written from docs/protocol.md."""
import fcntl, json, os, socketserver, sys, threading
from client import address

name = sys.argv[1]


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        while (request := self.receive()) is not None:
            answer = {"jsonrpc": "2.0", "id": request.get("id"), **self.answer(request)}
            if "id" in request:
                body = json.dumps(answer).encode()
                self.wfile.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            if request["method"] == "$/shutdown":
                threading.Thread(target=self.server.shutdown).start()

    def receive(self):
        length = None
        while (line := self.rfile.readline()) != b"\r\n":
            if not line:
                return None
            header, value = line.decode("ascii").split(":", 1)
            if header.strip().lower() == "content-length":
                length = int(value)
        return json.loads(self.rfile.read(length))

    def answer(self, request):
        method, params = request["method"], request.get("params")
        if method == "$/ping":
            return {"result": {"name": name, "pid": os.getpid()}}
        if method == "$/shutdown":
            return {"result": None}
        if method == "shout":
            return {"result": params["text"].upper()}
        return {"error": {"code": -32601, "message": f"{name} has no method {method}"}}


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


path = address(name)
for folder in (os.path.dirname(os.path.dirname(path)), os.path.dirname(path)):
    os.makedirs(folder, mode=0o700, exist_ok=True)
with open(path.removesuffix(".sock") + ".lock", "w") as lock:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held until this process ends
    except BlockingIOError:
        sys.exit(f"{name} runs already")
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_SH)  # keeps systemd-tmpfiles from cleaning it
    if os.path.exists(path):
        os.remove(path)  # a dead process left it
    with Server(path, Connection) as server:
        server.serve_forever(poll_interval=0.05)
        os.remove(path)
