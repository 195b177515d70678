import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cacheRoot, installed, toolFolder } from "../../scripts/lib/cache.mjs";
import {
  checksumOf,
  fetchRelease,
  folderWith,
  natsServerSources,
  pulumiSources,
} from "../../scripts/lib/releases.mjs";
import { summarize } from "../../scripts/lib/summary.mjs";
import { accepts, describe as inWords, versions } from "../../scripts/lib/versions.mjs";

const script = join(import.meta.dirname, "..", "..", "scripts", "tools.mjs");
let folder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pulumi-nats-auth-tools-"));
  vi.stubEnv("PULUMI_NATS_AUTH_CACHE", join(folder, "cache"));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe("versions", () => {
  test.each([
    ["22.12.0", true],
    ["22.11.0", false],
    ["20.20.2", false],
    ["23.5.0", false],
    ["24.0.0", true],
    ["25.1.0", false],
    ["26.0.0", true],
    ["27.3.1", true],
  ])("Node %s is accepted: %s", (version, good) => {
    expect(accepts(versions.node.accept, version)).toBe(good);
  });

  test("pulumi and nats-server: the least version and everything newer", () => {
    expect(accepts(versions.pulumi.accept, "v3.249.9")).toBe(false);
    expect(accepts(versions.pulumi.accept, "v3.250.0")).toBe(true);
    expect(accepts(versions.pulumi.accept, "v4.0.0-alpha.1")).toBe(true);
    expect(accepts(versions.natsServer.accept, "nats-server: v2.10.29")).toBe(false);
    expect(accepts(versions.natsServer.accept, "nats-server: v2.15.2")).toBe(true);
    expect(accepts(versions.go.accept, "go version go1.26 linux/amd64")).toBe(true);
    expect(accepts(versions.go.accept, "no version at all")).toBe(false);
  });

  test("in words", () => {
    expect(inWords(versions.node.accept)).toBe("22 from 22.12, 24, 26 or newer");
    expect(inWords(versions.pulumi.accept)).toBe("3.250 or newer");
  });

  test("what is installed is accepted", () => {
    for (const { install, accept } of [versions.node, versions.pulumi, versions.natsServer]) {
      expect(accepts(accept, install)).toBe(true);
    }
  });

  test("the CLI is of the SDK's version", () => {
    const manifest = join(import.meta.dirname, "..", "..", "package.json");
    const { devDependencies } = JSON.parse(readFileSync(manifest, "utf8"));
    expect(versions.pulumi.install).toBe(devDependencies["@pulumi/pulumi"]);
  });
});

describe("cache folder", () => {
  test.each([
    [{ PULUMI_NATS_AUTH_CACHE: "/c", XDG_CACHE_HOME: "/x" }, "linux", "/c"],
    [{ XDG_CACHE_HOME: "/x" }, "linux", "/x/pulumi-nats-auth"],
    [{}, "linux", "/home/me/.cache/pulumi-nats-auth"],
    [{}, "darwin", "/home/me/Library/Caches/pulumi-nats-auth"],
    [{ LOCALAPPDATA: "/local" }, "win32", "/local/pulumi-nats-auth"],
  ])("%j on %s: %s", (env, platform, expected) => {
    expect(cacheRoot(env, platform, "/home/me")).toBe(expected);
  });
});

describe("installing into the cache", () => {
  const install = vi.fn();
  const put = () => installed("thing", "1.0.0", "thing.txt", install);
  const inCache = () => readdirSync(cacheRoot());

  beforeEach(() => {
    install.mockReset().mockImplementation(async (temporary) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      writeFileSync(join(temporary, "thing.txt"), "whole");
      return temporary;
    });
  });

  test("two at once install once, and both have it", async () => {
    const [a, b] = await Promise.all([put(), put()]);
    expect(a).toBe(toolFolder("thing", "1.0.0"));
    expect(b).toBe(a);
    expect(install).toHaveBeenCalledTimes(1);
    expect(readFileSync(join(a, "thing.txt"), "utf8")).toBe("whole");
    expect(inCache()).toEqual(["thing"]);
  });

  test("a failed install leaves nothing, and the next one works", async () => {
    install.mockImplementationOnce(async (temporary) => {
      writeFileSync(join(temporary, "thing.txt"), "half");
      throw new Error("broken off");
    });
    await expect(put()).rejects.toThrow("broken off");
    expect(inCache()).toEqual([]);
    await put();
    expect(inCache()).toEqual(["thing"]);
  });

  test("the lock of a process that died is taken over at once", async () => {
    mkdirSync(cacheRoot(), { recursive: true });
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const { hostname } = await import("node:os");
    const lock = join(cacheRoot(), "thing-1.0.0.lock");
    writeFileSync(lock, JSON.stringify({ pid, host: hostname() }));
    await put();
    expect(inCache()).toEqual(["thing"]);
  });

  test("a lock that nobody renews is taken over, another one is waited for", async () => {
    mkdirSync(cacheRoot(), { recursive: true });
    const lock = join(cacheRoot(), "thing-1.0.0.lock");
    writeFileSync(lock, JSON.stringify({ pid: 1, host: "another machine" }));
    const waiting = put();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(install).not.toHaveBeenCalled();
    utimesSync(lock, new Date(0), new Date(0));
    await waiting;
    expect(install).toHaveBeenCalledTimes(1);
  });

  test("folders that a killed process left behind are removed after a day", async () => {
    const old = join(cacheRoot(), "tmp-old");
    const fresh = join(cacheRoot(), "tmp-fresh");
    for (const path of [old, fresh]) mkdirSync(path, { recursive: true });
    utimesSync(old, new Date(0), new Date(0));
    await put();
    expect(inCache().sort()).toEqual(["thing", "tmp-fresh"]);
  });
});

describe("official releases", () => {
  test.each([
    ["linux", "x64", "pulumi-v3.250.0-linux-x64.tar.gz", "nats-server-v2.15.2-linux-amd64.tar.gz"],
    [
      "linux",
      "arm64",
      "pulumi-v3.250.0-linux-arm64.tar.gz",
      "nats-server-v2.15.2-linux-arm64.tar.gz",
    ],
    [
      "darwin",
      "arm64",
      "pulumi-v3.250.0-darwin-arm64.tar.gz",
      "nats-server-v2.15.2-darwin-arm64.tar.gz",
    ],
    ["win32", "x64", "pulumi-v3.250.0-windows-x64.zip", "nats-server-v2.15.2-windows-amd64.zip"],
  ])("%s %s", (platform, arch, pulumi, natsServer) => {
    const github = "https://github.com/pulumi/pulumi/releases/download/v3.250.0";
    const [first, second] = pulumiSources("3.250.0", platform, arch);
    expect(first).toEqual({
      file: pulumi,
      archive: `${github}/${pulumi}`,
      checksums: `${github}/pulumi-3.250.0-checksums.txt`,
    });
    expect(second.archive).toBe(`https://get.pulumi.com/releases/sdk/${pulumi}`);
    const nats = "https://github.com/nats-io/nats-server/releases/download/v2.15.2";
    expect(natsServerSources("2.15.2", platform, arch)).toEqual([
      { file: natsServer, archive: `${nats}/${natsServer}`, checksums: `${nats}/SHA256SUMS` },
    ]);
  });

  test("none for systems without one", () => {
    expect(pulumiSources("3.250.0", "freebsd", "x64")).toEqual([]);
    expect(natsServerSources("2.15.2", "linux", "riscv64")).toEqual([]);
  });

  test("the checksum is the one of that very file", () => {
    const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64));
    const text = `${a}  tool-linux.tar.gz.sig\r\n${b.toUpperCase()} *tool-linux.tar.gz\n${c}  ./x.zip\n`;
    expect(checksumOf(text, "tool-linux.tar.gz")).toBe(b);
    expect(checksumOf(text, "x.zip")).toBe(c);
    expect(checksumOf(text, "tool")).toBeUndefined();
    expect(checksumOf("<html>not found</html>", "tool")).toBeUndefined();
  });

  describe("a download", () => {
    const file = "tool-v1-linux-x64.tar.gz";
    let server;
    let answers;
    let source;

    beforeEach(async () => {
      mkdirSync(join(folder, "in", "tool", "bin"), { recursive: true });
      writeFileSync(join(folder, "in", "tool", "bin", "tool"), "#!/bin/sh\n", { mode: 0o755 });
      const packed = join(folder, file);
      spawnSync("tar", ["-czf", packed, "-C", join(folder, "in"), "tool"]);
      const archive = readFileSync(packed);
      const sum = createHash("sha256").update(archive).digest("hex");
      answers = {
        "/sums": (response) => response.end(`${sum}  ${file}\n`),
        [`/${file}`]: (response) => {
          response.writeHead(302, { location: "/moved" });
          response.end();
        },
        "/moved": (response) => response.end(archive),
      };
      server = createServer((request, response) => {
        const answer = answers[request.url];
        if (answer) answer(response);
        else response.writeHead(404).end();
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const base = `http://127.0.0.1:${server.address().port}`;
      source = { file, archive: `${base}/${file}`, checksums: `${base}/sums` };
    });

    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    const get = (timeouts) => fetchRelease(source, join(folder, "out"), () => {}, timeouts);

    test("is checked, unpacked and found, through a redirect", async () => {
      const unpacked = await get();
      expect(folderWith("tool", unpacked)).toBe(join(unpacked, "tool", "bin"));
      expect(folderWith("other", unpacked)).toBeUndefined();
    });

    test("with another content than published is not unpacked", async () => {
      answers["/moved"] = (response) => response.end("something else");
      await expect(get()).rejects.toThrow(/has the sha256 [0-9a-f]{64}, its release publishes/);
      expect(existsSync(join(folder, "out", "unpacked"))).toBe(false);
    });

    test("without a published checksum is refused", async () => {
      answers["/sums"] = (response) => response.end("0123  other.zip\n");
      await expect(get()).rejects.toThrow(`/sums has no sha256 for ${file}`);
    });

    test("that is not there is refused with the address", async () => {
      delete answers["/sums"];
      await expect(get()).rejects.toThrow(/\/sums: HTTP 404$/);
    });

    test("from a machine that does not answer is given up soon", async () => {
      answers["/sums"] = () => {};
      await expect(get({ firstByte: 100 })).rejects.toThrow("/sums: no answer for 0.1 s");
    });

    test("that stalls half-way is given up", async () => {
      answers["/moved"] = (response) => response.write("half");
      await expect(get({ stall: 100 })).rejects.toThrow(`/${file}: no data for 0.1 s`);
    });

    test("that breaks off is an error", async () => {
      answers["/moved"] = (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("half", () => response.destroy());
      };
      await expect(get()).rejects.toThrow(`/${file}: `);
    });

    test("from nowhere says why", async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await expect(get()).rejects.toThrow(/\/sums: .*ECONNREFUSED/);
    });
  });
});

describe("the tools command", () => {
  // As on a machine without internet, wherever the test runs.
  const offline =
    "data:text/javascript,globalThis.fetch=()=>Promise.reject(new Error('no internet'))";

  function tool(name, body) {
    const path = join(folder, "bin", name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  function runTools() {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, ["--import", offline, script], {
        env: { ...process.env, PATH: join(folder, "bin") },
      });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
      }
      child.on("close", (code) => resolve({ code, text }));
    });
  }

  beforeEach(() => {
    mkdirSync(join(folder, "bin"));
    symlinkSync("/bin/sh", join(folder, "bin", "sh"));
  });

  test("uses newer ones of the person's own", async () => {
    const pulumi = tool("pulumi", "echo v3.999.1");
    tool("pulumi-language-nodejs", "exit 0");
    const natsServer = tool("nats-server", "echo nats-server: v2.99.0");
    const { code, text } = await runTools();
    expect(text).toContain(pulumi);
    expect(text).toContain(natsServer);
    expect(code).toBe(0);
  });

  test("one error says all that was tried and what to install", async () => {
    tool("pulumi", "echo v3.100.0");
    tool("nats-server", "exit 3");
    tool("go", "echo go version go1.20.1 linux/amd64");
    const { code, text } = await runTools();
    expect(code).toBe(1);
    const error = text.slice(text.indexOf("Something that this command needs"));
    const bin = join(folder, "bin");
    expect(error).toContain(`- on PATH: ${bin}/pulumi is 3.100.0, needed is 3.250 or newer`);
    expect(error).toContain(`- on PATH: ${bin}/nats-server does not run`);
    expect(error).toMatch(/- official release from github\.com: .*: no internet/);
    expect(error).toContain(`go: ${bin}/go is 1.20.1, needed is 1.25 or newer`);
    expect(error).toContain("Install Pulumi from https://www.pulumi.com/");
    expect(error).toContain(
      "Install nats-server from https://github.com/nats-io/nats-server/releases",
    );
    expect(error).not.toContain("    at ");
    expect(readdirSync(cacheRoot())).toEqual([]);
  });

  test("a pulumi without its Node language host is not taken", async () => {
    tool("pulumi", "echo v3.999.1");
    tool("nats-server", "echo nats-server: v2.99.0");
    const { code, text } = await runTools();
    expect(code).toBe(1);
    expect(text).toContain("has no pulumi-language-nodejs beside it or on PATH");
    expect(text).toContain("go: not found");
    expect(text).not.toContain("\nnats-server");
  });
});

describe("the closing line of npm test", () => {
  const report = (counts, ...files) => ({
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: files,
    ...counts,
  });

  test("counts skipped and todo together", () => {
    const counts = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    expect(summarize(report(counts)).line).toBe("5 passed, 1 failed, 3 skipped");
  });

  test("a file that breaks before its tests counts as failed", () => {
    const broken = { status: "failed", assertionResults: [] };
    const failing = { status: "failed", assertionResults: [{ status: "failed" }] };
    expect(summarize(report({ numFailedTests: 1 }, broken, failing)).failed).toBe(2);
  });
});
