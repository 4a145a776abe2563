"""One call on the mesh without a header: lines.py ADDRESS METHOD [PARAMS as JSON]."""
import json, socket, sys

address, method, *params = sys.argv[1:]
connection = socket.socket(socket.AF_UNIX)
connection.connect(address)
with connection.makefile("rw") as lines:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": json.loads(*params or ["{}"])}
    print(json.dumps(request), file=lines, flush=True)
    print(lines.readline(), end="")
