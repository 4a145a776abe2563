"""Prints what a Python library declares of Windows, as JSON: python_declarations.py FILE.

Runs the part of the file that is for Windows, on any system, with libraries that only remember what
is declared of them. Integers have the sizes that they have on Windows.
"""

import ast
import ctypes
import json
import subprocess  # noqa: F401 (which looks for msvcrt itself)
import sys
import types
from ctypes import wintypes

wintypes.DWORD, wintypes.BOOL = ctypes.c_uint32, ctypes.c_int32
LIBRARIES = {}


class Library:
    def __init__(self, name, **_):
        LIBRARIES[name] = self

    def __getattr__(self, name):
        self.__dict__[name] = types.SimpleNamespace()
        return self.__dict__[name]


def kind(declared):
    if declared is None:
        return "void"
    if declared in (ctypes.c_uint32, ctypes.c_int32, ctypes.c_int):
        return "u32" if declared is ctypes.c_uint32 else "i32"
    return "pointer"


ctypes.WinDLL = Library
sys.modules["msvcrt"] = sys.modules["winreg"] = types.ModuleType("stub")
with open(sys.argv[1], encoding="utf-8") as file:
    tree = ast.parse(file.read())
(branch,) = [
    node
    for node in tree.body
    if isinstance(node, ast.If) and node.orelse and "win32" in ast.dump(node.test)
]
# What is above it, the imports of this module among it, and then the part for Windows.
before = tree.body[: tree.body.index(branch)]
names = {"__name__": "neverliie_ipc"}
exec(compile(ast.Module([*before, *branch.orelse], []), sys.argv[1], "exec"), names)
ours = {node.id for part in branch.orelse for node in ast.walk(part) if isinstance(node, ast.Name)}

structures = {
    name: {
        "size": ctypes.sizeof(value),
        "fields": {field[0]: getattr(value, field[0]).offset for field in value._fields_},
    }
    for name, value in names.items()
    if isinstance(value, type) and issubclass(value, ctypes.Structure)
}
functions = [
    {
        "library": f"{library}.dll",
        "name": name,
        "result": kind(function.restype),
        "parameters": [kind(one) for one in function.argtypes],
    }
    for library, declared in LIBRARIES.items()
    for name, function in vars(declared).items()
]
constants = {
    name: value
    for name, value in names.items()
    if name in ours and name.isupper() and isinstance(value, int)
}
print(json.dumps({"structures": structures, "functions": functions, "constants": constants}))
