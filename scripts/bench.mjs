// `npm run bench`: tools, build, then every measurement in one run, as ratios.

import { join } from "node:path";
import { run } from "./lib/run.mjs";
import { ensureTools, main, root } from "./tools.mjs";

await main(async () => {
  const { node, env } = await ensureTools();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const built = await run(node, [tsc, "-p", "tsconfig.build.json"], { cwd: root, env });
  if (built.code !== 0) {
    console.log("\nThe library does not compile: nothing was measured");
    return 1;
  }
  // Node before 22.18 runs TypeScript on demand only.
  const options = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  const { code } = await run(node, [...options, join("bench", "index.mts")], { cwd: root, env });
  return code;
});
