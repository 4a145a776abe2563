/** Computes for ever, with a moment between two stretches in which the thread can be ended. */
const STRETCH = 50;

async function compute(): Promise<never> {
  for (let sum = 0;; sum = 0) {
    const end = performance.now() + STRETCH;
    while (performance.now() < end) for (let i = 0; i < 10_000; i++) sum += Math.sqrt(i);
    await new Promise((resolve) => setTimeout(resolve, 0, sum));
  }
}

await compute();
