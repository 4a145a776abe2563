/**
 * Faults planted into copies of the modules for Windows, each of which the headers must tell.
 *
 * @module
 */

/** One fault: where it is planted, how, and what is to be said of it. */
export interface Plant {
  readonly fault: string;
  readonly path: string;
  /** A piece of the module, and what stands there instead. */
  readonly change: readonly [from: string | RegExp, to: string];
  readonly said: RegExp;
}

const KERNEL32 = "lib/ipc/os/windows/kernel32.ts";
const SHORTCUT = "lib/desktop/windows/shortcut.ts";

export const PLANTS: readonly Plant[] = [
  {
    fault: "a parameter of the wrong size",
    path: KERNEL32,
    change: [/(WaitNamedPipeW: \{ parameters: \["buffer", )"u32"/, '$1"u16"'],
    said: /parameter 2 of WaitNamedPipeW is "u16" here, and an integer of 32 bits without a sign/,
  },
  {
    fault: "a parameter without its sign",
    path: "lib/system/kernel32.ts",
    change: [/(OpenProcess: \{ parameters: \["u32", )"i32"/, '$1"u32"'],
    said: /parameter 2 of OpenProcess is "u32" here, and an integer of 32 bits with a sign/,
  },
  {
    fault: "a number instead of a pointer",
    path: KERNEL32,
    change: [/(CloseHandle: \{ parameters: \[)"pointer"/, '$1"u64"'],
    said: /parameter 1 of CloseHandle is "u64" here, and a pointer of 64 bits in the headers/,
  },
  {
    fault: "a result of the wrong size",
    path: KERNEL32,
    change: [/(lstrlenW: \{.*result: )"i32"/, '$1"i64"'],
    said: /the result of lstrlenW is "i64" here, and an integer of 32 bits with a sign/,
  },
  {
    fault: "a parameter that is missing",
    path: KERNEL32,
    change: [/(GetNamedPipeClientProcessId: \{ parameters: \["pointer"), "buffer"/, "$1"],
    said: /the parameters of GetNamedPipeClientProcessId are 1 here, and 2 in the headers/,
  },
  {
    fault: "a callback of another form",
    path: "lib/ipc/os/windows/waited_event.ts",
    change: [/(WAITORTIMERCALLBACK = \{ parameters: \["pointer", )"u8"/, '$1"u32"'],
    said: /parameter 2 of WAITORTIMERCALLBACK is "u32" here, and an integer of 8 bits/,
  },
  {
    fault: "a symbol that nobody checked",
    path: KERNEL32,
    change: [/const SYMBOLS = \{/, '$&\n  BeepTwice: { parameters: [], result: "i32" },'],
    said: /kernel32\.ts:\d+: nobody checked BeepTwice, because the headers have no such function/,
  },
  {
    fault: "a symbol of another library",
    path: KERNEL32,
    change: [/const SYMBOLS = \{/, '$&\n  RevertToSelf: { parameters: [], result: "i32" },'],
    said: /kernel32\.ts:\d+: kernel32\.dll does not export RevertToSelf/,
  },
  {
    fault: "a table that is not in the module",
    path: KERNEL32,
    change: [/(Deno\.dlopen\("kernel32\.dll", )SYMBOLS/, "$1symbolsOfMine()"],
    said: /cannot read what is bound of kernel32\.dll: give Deno\.dlopen a table/,
  },
  {
    fault: "a library that is loaded by another name of Deno.dlopen",
    path: KERNEL32,
    change: [/$/, "\nconst { dlopen } = Deno;\n"],
    said: /cannot read all that is bound here: call Deno\.dlopen by that name alone/,
  },
  {
    fault: "a signature that nobody checked",
    path: KERNEL32,
    change: [/$/, '\nexport const again = () => ({ parameters: ["u8"], result: "void" });\n'],
    said: /nobody checks this signature/,
  },
  {
    fault: "a wrong constant",
    path: "lib/ipc/os/windows/process.ts",
    change: [/(CREATE_NO_WINDOW = )0x800_0000/, "$10x80_0000"],
    said: /CREATE_NO_WINDOW is 8388608 here, and 134217728 \(0x8000000\) in the headers/,
  },
  {
    fault: "a wrong error code",
    path: "lib/ipc/os/windows/win32_error.ts",
    change: [/(ERROR_PIPE_BUSY = )231/, "$1232"],
    said: /ERROR_PIPE_BUSY is 232 here, and 231 \(0xe7\) in the headers/,
  },
  {
    fault: "a constant that nobody checked",
    path: "lib/ipc/os/windows/process.ts",
    change: [/$/, "\nexport const CREATE_NO_TROUBLE = 0x40;\n"],
    said: /nobody checked CREATE_NO_TROUBLE, which the headers do not have.*OWN_NUMBERS/,
  },
  {
    fault: "a number without a name",
    path: "lib/ipc/os/windows/process.ts",
    change: [/\bOPEN_ALWAYS,/, "4,"],
    said: /nobody checked the 4 of ".*if Windows' headers have it, make it a constant/,
  },
  {
    fault: "a wrong offset",
    path: "lib/ipc/os/windows/startup_info.ts",
    change: [/(dwFlags: )60/, "$164"],
    said: /the offset of STARTUPINFOW\.dwFlags is 64 here, and 60 \(0x3c\) in the headers/,
  },
  {
    fault: "an offset without a name",
    path: "lib/ipc/os/windows/startup_info.ts",
    change: [/(view\.setUint32\()STARTUPINFOW\.cb/, "$10"],
    said: /nobody checked the 0 of "view\.setUint32\(0, /,
  },
  {
    fault: "a field that the structure does not have",
    path: "lib/ipc/os/windows/startup_info.ts",
    change: [/dwFlags: 60/, "dwBanners: 60"],
    said: /nobody checked STARTUPINFOW\.dwBanners, because the headers have no such field/,
  },
  {
    fault: "a structure of the wrong size",
    path: "lib/ipc/os/windows/startup_info.ts",
    change: [/(STARTUPINFOEXW = \{ sizeof: )112/, "$1104"],
    said: /the size of STARTUPINFOEXW is 104 here, and 112 \(0x70\) in the headers/,
  },
  {
    fault: "a wrong bit",
    path: "lib/system/network_windows.ts",
    change: [/(FilterInterface": )2/, "$14"],
    said: /the bit MIB_IF_ROW2\.Interface\w+\.FilterInterface is 4 here, and 2 \(0x2\)/,
  },
  {
    fault: "a wrong slot of an interface",
    path: SHORTCUT,
    change: [/(SetPath: \{ offset: )160/, "$1152"],
    said: /the offset of IShellLinkWVtbl\.SetPath is 152 here, and 160 \(0xa0\) in the headers/,
  },
  {
    fault: "a method of another form",
    path: SHORTCUT,
    change: [/(SetShowCmd: .*"pointer", )"i32"/, '$1"i16"'],
    said: /parameter 2 of IShellLinkWVtbl\.SetShowCmd is "i16" here/,
  },
  {
    fault: "a wrong GUID",
    path: SHORTCUT,
    change: [/000214f9-/, "000214ee-"],
    said: /IID_IShellLinkW is "000214ee-.*" here, and "000214f9-.*" in the headers/,
  },
];
