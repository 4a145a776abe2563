/** A view for the tests of lib/ui/screen.tsx; the argument says how it ends. */
import { Text, useInput } from "ink";
// @deno-types="@types/react"
import { useState } from "react";
import { FullScreen, Rule } from "../../../lib/ui/components.tsx";
import { showScreen } from "../../../lib/ui/screen.tsx";

const [end = "key"] = Deno.args;
const left = new AbortController();

function View() {
  const [got, setGot] = useState("");
  useInput((input, key) => {
    if (input === "q") left.abort();
    else if (input === "t") {
      setTimeout(() => {
        throw new Error("an uncaught error");
      });
    } else if (input === "r") void Promise.reject(new Error("a rejection"));
    else if (input === "x") Deno.exit(3);
    else setGot(key.return ? "Enter" : input);
  });
  return (
    <FullScreen>
      {({ columns, rows }) => (
        <>
          <Text color="green">{`drawn ${columns}x${rows} 日本 ${end}`}</Text>
          <Text>{`got ${got}`}</Text>
          {Array.from({ length: 6 }, (_, row) => (
            <Rule key={row} title={`row ${row}`} width={columns} />
          ))}
          <Text>a line that stays as it is</Text>
        </>
      )}
    </FullScreen>
  );
}

console.log("before");
await showScreen(<View />, {
  signal: left.signal,
  onSignal: () => Deno.exitCode = 143,
});
console.log("after");
Deno.exit();
