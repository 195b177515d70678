// Child processes for the scripts. Every child gets a process group of its own, so that one Ctrl-C
// (or a CI's SIGTERM) takes down the grandchildren too: test workers, compilers, servers of a test.

import { spawn } from "node:child_process";
import { constants } from "node:os";

const WINDOWS = process.platform === "win32";
/** What a child gets between the polite signal and the one it cannot ignore. */
const GRACE_MS = 8000;

const children = new Set();
let onSignal;
let interrupted;

/** Replaces "end the children and exit" by a handler of the script's own (the quickstart cleans up). */
export function onInterrupt(handler) {
  onSignal = handler;
}

/** The signal that asked this process to stop, or undefined. */
export function interruptedBy() {
  return interrupted;
}

/**
 * Runs a command to its end. `output: "inherit"` shows it, `"capture"` returns it as text.
 * Never rejects because of an exit code: callers decide what a failure means.
 */
export function run(command, args, { cwd, env, output = "inherit", onLine } = {}) {
  return new Promise((resolve, reject) => {
    // The process is about to exit: nothing new starts, and no end of a child is taken for a result.
    const stopping = () => interrupted !== undefined && onSignal === undefined;
    if (stopping()) return;
    // .cmd files (npm on Windows) only start through the shell.
    const shell = WINDOWS && /\.cmd$/i.test(command);
    const child = spawn(command, args, {
      cwd,
      env,
      shell,
      detached: !WINDOWS,
      windowsHide: true,
      stdio: [
        "ignore",
        output === "inherit" ? "inherit" : "pipe",
        output === "inherit" ? "inherit" : "pipe",
      ],
    });
    children.add(child);
    let text = "";
    let stdout = "";
    let rest = "";
    const take = (chunk, isStdout) => {
      text += chunk;
      if (isStdout) stdout += chunk;
      if (!onLine) return;
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) onLine(line);
    };
    child.stdout?.setEncoding("utf8").on("data", (chunk) => take(chunk, true));
    child.stderr?.setEncoding("utf8").on("data", (chunk) => take(chunk, false));
    child.on("error", (error) => {
      children.delete(child);
      reject(error);
    });
    child.on("close", (code, signal) => {
      children.delete(child);
      if (stopping()) return;
      if (onLine && rest) onLine(rest);
      resolve({ code: code ?? 128 + (constants.signals[signal] ?? 0), signal, text, stdout });
    });
  });
}

export function tail(text, lines = 15) {
  return text.trimEnd().split(/\r?\n/).slice(-lines).join("\n");
}

function signalGroup(child, signal) {
  try {
    if (WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The group is gone already: nothing left to end.
  }
}

/** Passes one signal on to every child's group. */
export function signalChildren(signal) {
  for (const child of children) signalGroup(child, signal);
}

/** Ends every child: politely, then for good. */
export async function endChildren(signal = "SIGTERM") {
  const groups = [...children];
  signalChildren(signal);
  const deadline = Date.now() + GRACE_MS;
  while (children.size > 0 && Date.now() < deadline) await sleep(50);
  // A leader may be gone while its group still has members, so all groups are swept.
  for (const child of groups) signalGroup(child, "SIGKILL");
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, async () => {
    const again = interrupted !== undefined;
    interrupted = signal;
    if (again) {
      for (const child of children) signalGroup(child, "SIGKILL");
      process.exit(128 + constants.signals[signal]);
    }
    if (onSignal) return onSignal(signal);
    await endChildren(signal);
    process.exit(128 + constants.signals[signal]);
  });
}
