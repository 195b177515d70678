/** Files that a resource writes: replaced in one step, and removed only while they are still ours. */
import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { NatsAuthError } from "../errors";

/** Says why a file cannot be written at `path`; `undefined` when it can, missing folders included. */
export function unwritableReason(path: string): string | undefined {
  const target = resolve(path);
  if (existsSync(target) && statSync(target).isDirectory())
    return "is a folder; give the path of a file";
  let folder = dirname(target);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) return `cannot be written: ${folder} is no folder`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `cannot be written: no permission in ${folder}`;
  }
}

/** Writes a file in one step: a reader sees the old text or the new one. */
function writeFile(path: string, text: string, mode: number): void {
  const target = resolve(path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(temporary, text, { mode, flag: "wx" });
    renameSync(temporary, target);
  } catch (cause) {
    discard(temporary);
    throw new NatsAuthError(
      "ERR_FILE",
      `${path} could not be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What kept us from writing may keep us from removing; people should hear of the former.
  }
}

/** Whether the file holds exactly this text. */
export function fileHolds(path: string, text: string): boolean {
  try {
    return readFileSync(resolve(path), "utf8") === text;
  } catch {
    // Missing or unreadable: it does not hold it.
    return false;
  }
}

/** Files that a create or update of this process wants to be there: a delete of this process is of a predecessor. */
const wanted = new Set<string>();

/** Makes a file hold this text. */
export function ensureFile(path: string, text: string, mode: number): void {
  wanted.add(resolve(path));
  if (!fileHolds(path, text)) writeFile(path, text, mode);
}

/** Removes a file if it still holds what we wrote, and no successor of ours wants it. */
export function removeFile(path: string, text: string): void {
  if (!wanted.has(resolve(path)) && fileHolds(path, text)) rmSync(resolve(path), { force: true });
}

/** Refuses to take over a file that somebody else wrote. */
export function assertOurs(path: string, isOurs: (text: string) => boolean): void {
  if (!existsSync(resolve(path)) || isOurs(readFileSync(resolve(path), "utf8"))) return;
  throw new NatsAuthError(
    "ERR_FILE",
    `${path} exists and was not written for this resource; move it away, or give another path`,
  );
}
