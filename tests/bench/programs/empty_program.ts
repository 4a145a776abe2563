/** An empty program: what starting Deno costs by itself. */
console.log("here");
