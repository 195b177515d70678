import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "./run.mjs";

export function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

/** Written when all of `dist` is there: an interrupted compiler leaves new files among old ones. */
const marker = (root) => join(root, "dist", ".built");

/** Whether `dist` is whole and newer than every source. */
export function isBuilt(root) {
  if (!existsSync(marker(root))) return false;
  const { mtimeMs } = statSync(marker(root));
  return files(join(root, "src")).every((file) => statSync(file).mtimeMs < mtimeMs);
}

/** Compiles the library; returns the compiler's exit code. */
export async function build(root, { node, env }) {
  rmSync(marker(root), { force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { code } = await run(node, [tsc, "-p", "tsconfig.build.json"], { cwd: root, env });
  if (code !== 0) return code;
  removeStale(root);
  writeFileSync(marker(root), "");
  return code;
}

/** The compiler leaves the output of a source that is gone, and it would be tested and packed. */
function removeStale(root) {
  const dist = join(root, "dist");
  for (const file of files(dist)) {
    const source = relative(dist, file).replace(/(\.d)?\.[jt]s(\.map)?$/, ".ts");
    if (!existsSync(join(root, "src", source))) rmSync(file);
  }
}
