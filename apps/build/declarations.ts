/**
 * The types of a module and of all that it imports, as one file:
 * `declarations.ts ENTRY OUTPUT [SPECIFIER FILE]`. What the entry's modules import by the specifier
 * stays an import, of the file.
 *
 * It runs by itself, with declarations.lock: in the project's own lock file TypeScript would be
 * taken up by packages that can use it, and each first start would fetch it. So its packages are
 * imported in a way that a look at the checkout's modules does not see. After a change of the
 * versions here, run it once with `--no-config --lock=apps/build/declarations.lock --frozen=false`.
 *
 * @module
 */
const PACKAGES = ["npm:typescript@5.9.3", "npm:rollup@4.68.8", "npm:rollup-plugin-dts@6.5.1"];

// One by one: the plugin takes the TypeScript that is there.
const [{ default: ts }, { rollup }, { dts }] = await Array.fromAsync(
  PACKAGES,
  (specifier) => import(specifier),
);

const [input, file, specifier, beside] = Deno.args;
/** Stands for the specifier meanwhile, because a path would be written anew. */
const BESIDE = "beside";
const bundle = await rollup({
  input,
  external: [/^node:/, /^@std\//],
  // Only what a declaration names in the end matters, and that is looked at below.
  onwarn: () => {},
  plugins: [
    {
      name: BESIDE,
      resolveId: (id: string) => id === specifier ? { id: BESIDE, external: true } : null,
    },
    dts({
      compilerOptions: {
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        allowImportingTsExtensions: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        types: [],
        lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
      },
    }),
  ],
});
const { output: [{ code, imports }] } = await bundle.generate({ format: "es" });
await bundle.close();
const others = imports.filter((name: string) => name !== BESIDE);
if (others.length > 0) {
  console.error(`its types name ${others.join(", ")}`);
  Deno.exit(1);
}
await Deno.writeTextFile(file!, code.replaceAll(`from '${BESIDE}'`, `from "${beside}"`));
