// The official releases: where they are, and a download that is checked before it is unpacked.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run, tail } from "./run.mjs";

/** A machine without internet must get to the next route soon, not after a minute of silence. */
const FIRST_BYTE_MS = 10_000;
const STALL_MS = 30_000;

const WORDS = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
};

/** Each source: the archive, and the checksum file published beside it. */
export function pulumiSources(version, platform = process.platform, arch = process.arch) {
  const os = WORDS[platform];
  if (!os || !["x64", "arm64"].includes(arch)) return [];
  const file = `pulumi-v${version}-${os}-${arch}.${os === "windows" ? "zip" : "tar.gz"}`;
  return [
    `https://github.com/pulumi/pulumi/releases/download/v${version}`,
    "https://get.pulumi.com/releases/sdk",
  ].map((base) => ({
    file,
    archive: `${base}/${file}`,
    checksums: `${base}/pulumi-${version}-checksums.txt`,
  }));
}

export function natsServerSources(version, platform = process.platform, arch = process.arch) {
  const os = WORDS[platform];
  const cpu = { x64: "amd64", arm64: "arm64" }[arch];
  if (!os || !cpu) return [];
  const base = `https://github.com/nats-io/nats-server/releases/download/v${version}`;
  const file = `nats-server-v${version}-${os}-${cpu}.${os === "windows" ? "zip" : "tar.gz"}`;
  return [{ file, archive: `${base}/${file}`, checksums: `${base}/SHA256SUMS` }];
}

/** The sha256 of `file` in the usual `<hex>  <name>` lines (`*` marks binary mode). */
export function checksumOf(text, file) {
  for (const line of text.split(/\r?\n/)) {
    const match = /^([0-9a-f]{64})\s+\*?(?:\.\/)?(\S+)$/i.exec(line.trim());
    if (match && match[2] === file) return match[1].toLowerCase();
  }
  return undefined;
}

/** Downloads, checks and unpacks one source into `folder`. */
export async function fetchRelease(source, folder, note = () => {}, timeouts = {}) {
  const published = await fetchText(source.checksums, timeouts);
  const expected = checksumOf(published, source.file);
  if (!expected) throw new Error(`${source.checksums} has no sha256 for ${source.file}`);
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, source.file);
  const actual = await fetchFile(source.archive, archive, note, timeouts);
  if (actual !== expected) {
    throw new Error(
      `${source.archive} has the sha256 ${actual}, its release publishes ${expected}: not used`,
    );
  }
  const unpacked = join(folder, "unpacked");
  await unpack(archive, unpacked);
  return unpacked;
}

export async function unpack(archive, folder) {
  mkdirSync(folder, { recursive: true });
  // The tar of Windows itself reads zip files; another one that is first on PATH may not.
  const tar =
    process.platform === "win32"
      ? join(process.env.SystemRoot ?? "C:\\Windows", "System32", "tar.exe")
      : "tar";
  const { code, text } = await run(tar, ["-xf", archive, "-C", folder], { output: "capture" });
  if (code !== 0) throw new Error(`${tar} could not unpack ${archive}: ${tail(text, 3)}`);
}

/** The folder that holds `name`, a few levels deep: the archives differ in that between systems. */
export function folderWith(name, folder, depth = 3) {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && entry.name === name)) return folder;
  if (depth === 0) return undefined;
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const found = folderWith(name, join(folder, entry.name), depth - 1);
    if (found) return found;
  }
  return undefined;
}

async function fetchText(url, timeouts) {
  const parts = [];
  await stream(url, timeouts, (chunk) => void parts.push(chunk));
  return Buffer.concat(parts).toString("utf8");
}

async function fetchFile(url, path, note, timeouts) {
  const hash = createHash("sha256");
  const file = createWriteStream(path, { flags: "wx" });
  // Without a listener a full disk would end the process; the error comes back through `failed`.
  const failed = once(file, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  let done = 0;
  try {
    await stream(url, timeouts, async (chunk, total) => {
      hash.update(chunk);
      done += chunk.length;
      note(`${megabytes(done)}${total ? ` of ${megabytes(total)}` : ""} MB`);
      if (!file.write(chunk)) await Promise.race([once(file, "drain"), failed]);
    });
  } finally {
    file.end();
  }
  await Promise.race([once(file, "close"), failed]);
  return hash.digest("hex");
}

const megabytes = (bytes) => Math.round(bytes / 1e6);

async function stream(url, { firstByte = FIRST_BYTE_MS, stall = STALL_MS }, take) {
  const abort = new AbortController();
  let timer;
  const within = (ms, what) => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error(`${what} for ${ms / 1000} s`)), ms);
  };
  try {
    within(firstByte, "no answer");
    const response = await fetch(url, { signal: abort.signal, redirect: "follow" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const total = Number(response.headers.get("content-length")) || undefined;
    within(stall, "no data");
    for await (const chunk of response.body) {
      within(stall, "no data");
      await take(Buffer.from(chunk), total);
    }
  } catch (error) {
    // fetch hides the reason ("fetch failed") in a chain of causes.
    const reason = abort.signal.aborted ? abort.signal.reason : error;
    let deepest = reason;
    while (deepest.cause instanceof Error) deepest = deepest.cause;
    throw new Error(`${url}: ${deepest.message || deepest.code || reason.message}`);
  } finally {
    clearTimeout(timer);
  }
}
