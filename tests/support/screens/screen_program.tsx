/** A view for the tests of lib/ui/screen.tsx; with the argument "clock" it counts, all the time. */
import { Text, useInput } from "ink";
// @deno-types="@types/react"
import { useEffect, useState } from "react";
import { FullScreen, Rule } from "../../../lib/ui/components.tsx";
import { showScreen } from "../../../lib/ui/screen.tsx";

const clock = Deno.args.includes("clock");
const left = new AbortController();

function View() {
  const [got, setGot] = useState("");
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!clock) return;
    const timer = setInterval(() => setCount((count) => count + 1), 50);
    return () => clearInterval(timer);
  }, []);
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
          <Text color="green">{`drawn ${columns}x${rows} 日本`}</Text>
          <Text>{`got ${got}`}</Text>
          {Array.from(
            { length: 6 },
            (_, row) => <Rule key={row} title={`row ${row}`} width={columns} />,
          )}
          <Text>a line that stays as it is</Text>
          {clock && <Text>{`count ${count}`}</Text>}
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
