/** Which processes there are, read from `/proc`; empty where there is none. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Process {
  pid: number;
  parent: number;
  /** Its command line, parts separated by spaces. */
  command: string;
  folder: string;
}

/** Every process of this user that has not ended. */
export function processes(): Process[] {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .map(read)
    .filter((process) => process !== undefined);
}

function read(pid: number): Process | undefined {
  try {
    // The name in parentheses may hold spaces; state and parent follow it.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    if (state === "Z") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(parent), command, folder: readlinkSync(`/proc/${pid}/cwd`) };
  } catch {
    return undefined; // it ended meanwhile, or is another user's
  }
}

/** A process's children, their children, and so on. */
export function descendants(pid: number): Process[] {
  const all = processes();
  const found: Process[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

export function isRunning({ pid, command }: Process): boolean {
  return read(pid)?.command === command;
}
