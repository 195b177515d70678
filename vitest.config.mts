import { defineConfig } from "vitest/config";

const MINUTES = 60_000;

// The tests import the library by its own name, through node_modules/pulumi-nats-auth, so they see `dist` and
// the `exports` of package.json as a user does. `npm test` builds first.
export default defineConfig({
  test: {
    // A `pulumi up` is an engine, a language host, a program and a provider: two at once fill two cores.
    maxWorkers: 2,
    // Limits of time are for what hangs; a busy machine takes several times as long as a quiet one.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Everything that needs no server, so that no new folder is forgotten.
          include: ["test/**/*.test.{ts,mjs}"],
          exclude: ["**/node_modules/**", "test/.work/**", "test/server/**", "test/e2e/**"],
          testTimeout: 2 * MINUTES,
          hookTimeout: 2 * MINUTES,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "server",
          include: ["test/server/**/*.test.ts"],
          testTimeout: 5 * MINUTES,
          hookTimeout: 5 * MINUTES,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 10 * MINUTES,
          hookTimeout: 10 * MINUTES,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
