/** Killing a `pulumi up`, and what comes after. */
import type { ChildProcess } from "node:child_process";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { until } from "./nats";
import { descendants, isRunning, type Process, processes } from "./processes";
import type { Stack, StateResource } from "./stack";

/** Kills the engine, which has no chance to end anything; returns what it had started. */
export async function kill(up: ChildProcess): Promise<Process[]> {
  if (up.exitCode !== null) return [];
  const ended = new Promise((resolve) => up.on("exit", resolve));
  // Stopped, it starts nothing between our look and its end.
  up.kill("SIGSTOP");
  const started = descendants(up.pid as number);
  up.kill("SIGKILL");
  await ended;
  return started;
}

/** Resolves when the text has been printed so many times, or the command has ended. */
export function printed(up: ChildProcess, text: RegExp, times = 1): Promise<void> {
  return new Promise((resolve) => {
    let all = "";
    const look = (chunk: Buffer) => {
      all += chunk;
      if (all.split(text).length > times) resolve();
    };
    up.stdout?.on("data", look);
    up.stderr?.on("data", look);
    up.on("exit", () => resolve());
  });
}

export const upArgs = ["up", "--yes", "--skip-preview", "--non-interactive"];

/** The three commands of the README for a `pulumi up` that was killed. */
export async function recover(stack: Stack, beforeUp: () => Promise<void> = async () => {}) {
  await stack.must("cancel", "--yes");
  await stack.refresh("--clear-pending-creates");
  await beforeUp();
  await stack.up();
}

/**
 * The file backend replaces a state in one step, but not the small file beside it (gocloud.dev `fileblob/attrs.go`).
 * A kill between its truncation and its text makes every command end with "failed to load checkpoint: EOF".
 */
export function removeHalfWrittenAttributes(stack: Stack): void {
  const stacks = join(stack.backend, ".pulumi/stacks/test");
  for (const file of readdirSync(stacks).filter((name) => name.endsWith(".attrs"))) {
    const path = join(stacks, file);
    if (statSync(path).size === 0) rmSync(path);
  }
}

/** Every identity in the state of a stack. */
export async function identities(stack: Stack): Promise<Record<string, string>> {
  return identitiesIn(await stack.state());
}

/** Every identity in a state. */
export function identitiesIn(state: Record<string, StateResource>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name, { id }]) => id && /^(KeyPair|SigningKey|Operator|Account|User)::/.test(name))
      .map(([name, { id, outputs }]) => [name, `${id} ${outputs["publicKey"] ?? ""}`]),
  );
}

/** The host of the hooks. Pulumi's language host is not ours: it looks for its engine every few minutes only. */
export const ofProvider = ({ command }: Process) => command.includes("dynamic-provider");

/** Waits until nothing of a killed `up` pushes any more. */
export function silenced(started: Process[]): Promise<void> {
  return until(() => !started.filter(ofProvider).some(isRunning), 30_000);
}

/** Ends what a killed `up` left behind, and removes the stack. */
export function endLeftovers(stack: Stack): void {
  for (const { pid } of processes().filter(({ folder }) => folder.startsWith(stack.dir))) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended meanwhile.
    }
  }
  stack.close();
}
