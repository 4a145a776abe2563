/**
 * Windows' own headers, as mingw-w64 has them, asked through a compiler: one compilation for each
 * processor answers all questions. Nothing is linked and nothing is run.
 *
 * Debian: `clang` and `mingw-w64-x86-64-dev`.
 *
 * @module
 */

/** Where Debian puts the headers; they serve every processor. */
export const HEADERS_FOLDER = "/usr/x86_64-w64-mingw32/include";

/** The processors for which there is a Deno for Windows. */
export const PROCESSORS = ["x86_64", "aarch64"] as const;
export type Processor = typeof PROCESSORS[number];

/** What is included. A function or constant that is in none of these is unknown: add its header. */
const HEADERS = [
  "winsock2.h",
  "windows.h",
  "winternl.h",
  "ntstatus.h",
  "stddef.h",
  "aclapi.h",
  "sddl.h",
  "shellapi.h",
  "shlobj.h",
  "shobjidl.h",
  "objbase.h",
  "objidl.h",
  "ws2ipdef.h",
  "iphlpapi.h",
  "netioapi.h",
  "psapi.h",
  "restartmanager.h",
  "tlhelp32.h",
];

/** What the headers of Debian 12 lack, after Microsoft's pages; does no harm where they have it. */
const LACKING = `
// https://learn.microsoft.com/windows/win32/debug/system-error-codes--500-999-
#ifndef ERROR_ELEVATION_REQUIRED
#define ERROR_ELEVATION_REQUIRED 740
#endif
// mingw-w64 has these for drivers (ddk/ntifs.h), which goes with neither windows.h nor ARM64.
// https://learn.microsoft.com/windows/win32/devnotes/ntreadfile
// https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntwritefile
extern "C" NTSTATUS NTAPI NtReadFile(
  HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
extern "C" NTSTATUS NTAPI NtWriteFile(
  HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
#ifndef FSCTL_PIPE_LISTEN
#define FSCTL_PIPE_LISTEN CTL_CODE(FILE_DEVICE_NAMED_PIPE, 2, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif
`;

/**
 * The questions, as macros. An answer is a row of numbers: for a value, the size of its type and
 * the value; for a function, how many types it has, the result's and then the parameters'.
 */
const PRELUDE = `
#define WINVER 0x0A00
#define _WIN32_WINNT 0x0A00
#define NTDDI_VERSION 0x0A00000C
/* Interfaces as structures with tables, not as classes. */
#define CINTERFACE
/* GUIDs with their values. */
#define INITGUID
${HEADERS.map((header) => `#include <${header}>`).join("\n")}
${LACKING}
typedef unsigned long long u64;
struct Answer { u64 numbers[24]; };
template <class T> struct Kind {
  static constexpr u64 value = sizeof(T) | (__is_signed(T) ? 1 << 16 : 0) |
    (__is_enum(T) ? 3 : __is_class(T) || __is_union(T) ? 4 : __is_floating_point(T) ? 5 : 1) << 8;
};
template <class T> struct Kind<T *> { static constexpr u64 value = sizeof(T *) | 2 << 8; };
template <class T> struct Kind<T &> { static constexpr u64 value = sizeof(T *) | 2 << 8; };
template <> struct Kind<void> { static constexpr u64 value = 6 << 8; };
template <class F> struct Function;
template <class R, class... P> struct Function<R (*)(P...)> {
  static constexpr Answer answer = {{ sizeof...(P) + 1, Kind<R>::value, Kind<P>::value... }};
};
#define SIGNATURE(n, type) extern "C" constexpr Answer a##n = Function<type>::answer;
#define VALUE(n, it) extern "C" const Answer a##n = {{ sizeof(it), (u64)(it) }};
#define GUID_VALUE(n, g) extern "C" const Answer a##n = {{ sizeof(g), g.Data1, g.Data2, g.Data3, \\
  g.Data4[0], g.Data4[1], g.Data4[2], g.Data4[3], g.Data4[4], g.Data4[5], g.Data4[6], g.Data4[7] }};
/* The field with that one bit set; the compiler knows no simpler way to tell where a bit is. */
#define BIT(n, type, field, bit) extern "C" const decltype(type::field) a##n = { .bit = 1 };
`;

/** One thing to ask: one of the macros with its arguments but the first. */
export type Question = `${"SIGNATURE" | "VALUE" | "GUID_VALUE" | "BIT"}(${string})`;

/** What the headers say to each question; a question about something that they lack has no answer. */
export type Answers = ReadonlyMap<Question, readonly bigint[]>;

/** Asks all questions. @throws {Error} where the compiler fails for another reason than a question. */
export async function ask(
  questions: Iterable<Question>,
  processor: Processor,
): Promise<Answers> {
  let left = [...new Set(questions)];
  for (;;) {
    const { output, errors, success } = await compile(left, processor);
    if (success) return answersIn(output, left);
    const unknown = refused(errors, left.length);
    if (unknown.size === 0) {
      throw new Error(`Cannot compile the headers:\n${errors.slice(0, 4_000)}`);
    }
    left = left.filter((_question, index) => !unknown.has(index));
  }
}

/** Where the questions stand in what the compiler says. */
const PLACE = "question";

async function compile(questions: readonly Question[], processor: Processor) {
  const lines = questions.map((question, index) => question.replace("(", `(${index}, `));
  const source = `${PRELUDE}\n#line 1 "${PLACE}"\n${lines.join("\n")}\n`;
  const child = new Deno.Command("clang", {
    args: [
      ...["-x", "c++", "-std=c++20", `--target=${processor}-w64-windows-gnu`],
      ...["-isystem", HEADERS_FOLDER, "-nostdinc++", "-w", "-ferror-limit=0"],
      ...["-fno-caret-diagnostics", "-S", "-emit-llvm", "-o", "-", "-"],
    ],
    env: { LC_ALL: "C" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writing = new Blob([source]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  await writing;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, output: text(stdout), errors: text(stderr) };
}

/** The questions that the compiler complains of; none where it complains of something else, too. */
function refused(errors: string, count: number): Set<number> {
  const places = new Set<number>();
  for (const [, place, line] of errors.matchAll(/^([^:\n]+):(\d+):\d+: (?:fatal )?error: /gm)) {
    if (place !== PLACE || Number(line) > count) return new Set();
    places.add(Number(line) - 1);
  }
  return places;
}

/** Reads the constants of LLVM's text. One that is not known when compiling is no answer. */
function answersIn(output: string, questions: readonly Question[]): Answers {
  const answers = new Map<Question, bigint[]>();
  for (const [, index, value] of output.matchAll(/^@a(\d+) = .*?\bconstant (.*)$/gm)) {
    if (/ptrtoint|@/.test(value!)) continue;
    // "[9 x i64]" is a type and "i64 9" a number; zeros at the end may be left out.
    const numbers = [...value!.matchAll(/\bi(?:8|64) (-?\d+)/g)].map(([, number]) =>
      BigInt(number!)
    );
    answers.set(questions[Number(index)]!, numbers);
  }
  return answers;
}
