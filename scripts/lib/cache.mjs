// The folder that keeps what was installed. A tool appears in it by one rename of a finished folder:
// an interrupted download or build, or two processes at once, never leave half a tool behind.

import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import { say } from "./progress.mjs";
import { sleep } from "./run.mjs";

const NAME = "pulumi-nats-auth";
/** A lock's owner touches it this often; one that is silent for STALE_MS has died elsewhere. */
const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;
const ABANDONED_MS = 24 * 3600_000;

export function cacheRoot(env = process.env, platform = process.platform, home = homedir()) {
  if (env.PULUMI_NATS_AUTH_CACHE) return env.PULUMI_NATS_AUTH_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, NAME);
  if (platform === "darwin") return join(home, "Library", "Caches", NAME);
  if (platform === "win32") return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), NAME);
  return join(home, ".cache", NAME);
}

/** One folder per tool, version and machine type: a home folder may be shared by several machines. */
export function toolFolder(tool, version) {
  return join(cacheRoot(), tool, `${version}-${process.platform}-${process.arch}`);
}

const leftovers = new Set();
process.on("exit", () => {
  for (const path of leftovers) rmSync(path, { recursive: true, force: true });
});

/**
 * The folder of a tool that holds `file`. When it is missing, `install(temporary)` fills a temporary folder
 * and returns the one that is to be kept.
 */
export async function installed(tool, version, file, install) {
  const folder = toolFolder(tool, version);
  const ready = () => existsSync(join(folder, file));
  if (ready()) return folder;
  return withLock(`${tool}-${version}`, `install ${tool} ${version}`, async () => {
    if (ready()) return folder;
    removeAbandoned();
    const temporary = mkdtempSync(join(cacheRoot(), "tmp-"));
    leftovers.add(temporary);
    try {
      const finished = await install(temporary);
      mkdirSync(dirname(folder), { recursive: true });
      rmSync(folder, { recursive: true, force: true });
      renameSync(finished, folder);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
      leftovers.delete(temporary);
    }
    return folder;
  });
}

/** One process at a time does `work`; the others wait and say for whom. */
export async function withLock(name, purpose, work) {
  const root = cacheRoot();
  mkdirSync(root, { recursive: true });
  const lock = join(root, `${name}.lock`);
  let told = 0;
  while (!take(lock)) {
    if (isDead(lock)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (Date.now() - told > 15_000) {
      say(`  waiting for another process to ${purpose} ...`);
      told = Date.now();
    }
    await sleep(200);
  }
  leftovers.add(lock);
  const beat = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(lock, now, now);
    } catch {
      // Taken away by somebody who thought we were dead: the rename still decides.
    }
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(lock, { force: true });
    leftovers.delete(lock);
  }
}

function take(lock) {
  try {
    const file = openSync(lock, "wx");
    writeSync(file, JSON.stringify({ pid: process.pid, host: hostname() }));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function isDead(lock) {
  let age;
  try {
    age = Date.now() - statSync(lock).mtimeMs;
  } catch {
    return true;
  }
  if (age > STALE_MS) return true;
  try {
    const { pid, host } = JSON.parse(readFileSync(lock, "utf8"));
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Only "no such process" proves a death; an empty file is one that is being written.
    return error.code === "ESRCH";
  }
}

function removeAbandoned() {
  for (const name of readdirSync(cacheRoot())) {
    if (!name.startsWith("tmp-")) continue;
    const path = join(cacheRoot(), name);
    try {
      if (Date.now() - statSync(path).mtimeMs > ABANDONED_MS) {
        rmSync(path, { recursive: true, force: true });
      }
    } catch {
      // Another process was faster.
    }
  }
}
