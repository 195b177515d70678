// `npm test`: tools, build, lint, types, tests. `npm test -- <vitest arguments>` skips lint and types.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./lib/build.mjs";
import { run } from "./lib/run.mjs";
import { summarize } from "./lib/summary.mjs";
import { ensureTools, main, root } from "./tools.mjs";

const args = process.argv.slice(2);
const ci = ["1", "true"].includes(process.env.CI ?? "");

function heading(text) {
  console.log(`\n=== ${text}`);
}

await main(async () => {
  heading("tools");
  const { node, pulumi, natsServer, env } = await ensureTools();
  console.log(`node         ${node}\npulumi       ${pulumi}\nnats-server  ${natsServer}`);
  const quiet = {
    ...env,
    // Tests must not depend on a server of Pulumi's, nor wait for one.
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const tool = async (file, toolArgs) => {
    const script = join(root, "node_modules", file);
    const { code } = await run(node, [script, ...toolArgs], { cwd: root, env: quiet });
    return code;
  };
  const step = async (text, work) => {
    heading(text);
    const code = await work();
    if (code !== 0) console.log(`\n${text} failed: no test was run`);
    return code === 0;
  };

  const tsc = join("typescript", "bin", "tsc");
  if (!(await step("build", () => build(root, { node, env: quiet })))) return 1;
  if (args.length === 0) {
    const biome = join("@biomejs", "biome", "bin", "biome");
    if (!(await step("lint", () => tool(biome, ["check", "--diagnostic-level=warn", "."]))))
      return 1;
    if (!(await step("types", () => tool(tsc, ["--noEmit"])))) return 1;
    for (const example of readdirSync(join(root, "examples"))) {
      const config = join("examples", example, "tsconfig.json");
      if (!existsSync(join(root, config))) continue;
      const types = () => tool(tsc, ["--noEmit", "-p", config]);
      if (!(await step(`types of examples/${example}`, types))) return 1;
    }
  }

  heading("tests");
  const folder = mkdtempSync(join(tmpdir(), "pulumi-nats-auth-test-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, "report.json");
  let code = await tool(join("vitest", "vitest.mjs"), [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...args,
  ]);
  if (!existsSync(report)) {
    console.log("vitest wrote no report");
    return code || 1;
  }
  const { line, skipped, failed } = summarize(JSON.parse(readFileSync(report, "utf8")));
  if (ci && skipped > 0) {
    console.log("\nA skipped test proves nothing: in CI it counts as a failure.");
    code ||= 1;
  }
  if (failed > 0) code ||= 1;
  console.log(`\n${line}`);
  return code;
});
