/** Draws the launcher's palette once, as text: shows that Ink and React run where this does. */
const { paletteText } = await import("./palette_frame.tsx");
console.log(paletteText());
