/** examples/library: each script is run as it is, against a real server. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, freePort, Servers } from "../support/nats";

const run = promisify(execFile);
const examples = join(__dirname, "..", "..", "examples", "library");

describe("examples/library", () => {
  let folder: string;
  let servers: Servers | undefined;
  let url: string;

  const script = async (name: string, args: string[], env = {}): Promise<string> => {
    const options = { cwd: folder, env: { ...process.env, ...env } };
    return (await run(process.execPath, [join(examples, name), ...args], options)).stdout;
  };
  const claims = () =>
    accountFromWire(decodeToken(readFileSync(join(folder, "nats", "orders.jwt"), "utf8")));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "nats-library-"));
    expect(await script("make-operator.mjs", ["nats"])).toContain("nats-server -c nats/nats.conf");
    const config = readFileSync(join(folder, "nats", "nats.conf"), "utf8");
    servers = await Servers.start(config, [await freePort()]);
    url = servers.all[0]?.url as string;
  });

  afterAll(async () => {
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes an operator whose keys only their owner can read", () => {
    expect(statSync(join(folder, "nats", "keys.json")).mode & 0o777).toBe(0o600);
    expect(claims().limits).toEqual({ connections: 100, payload: 2 ** 20 });
  });

  it("issues a user who may do what the role says, for its own name and tag", async () => {
    const creds = await script("issue-user.mjs", ["nats", "worker-1", "mail"]);
    expect(await admission(creds, url)).toBe("admitted");
    const nc = await connectWith(creds, url);
    const denied: string[] = [];
    nc.subscribe("work.mail");
    nc.subscribe("work.other", {
      callback: (error) => {
        if (error) denied.push(error.message);
      },
    });
    await nc.flush();
    const errors = (async () => {
      for await (const status of nc.status())
        if (status.type === "error") denied.push(String(status.error));
    })();
    nc.publish("done.worker-1", "mine");
    nc.publish("done.worker-2", "another's");
    await nc.flush();
    await nc.close();
    await errors;
    expect(denied.join()).toContain('"work.other"');
    expect(denied.join()).toContain('"done.worker-2"');
    expect(denied.join()).not.toContain('"done.worker-1"');
    expect(denied.join()).not.toContain('"work.mail"');
  });

  it("pushes an account to the server", async () => {
    const { operator } = JSON.parse(readFileSync(join(folder, "nats", "keys.json"), "utf8"));
    const env = {
      NATS_URL: url,
      NATS_CREDS: join(folder, "nats", "sys.creds"),
      OPERATOR_SEED: operator.seed,
    };
    const { publicKey } = JSON.parse(await script("push-account.mjs", ["billing"], env));
    const held = servers?.all[0]?.accounts()[publicKey];
    expect(accountFromWire(decodeToken(held ?? "")).name).toBe("billing");
  });

  it("describes tokens and creds, without the secrets in them", async () => {
    const creds = await script("issue-user.mjs", ["nats", "worker-2", "mail"]);
    const file = join(folder, "worker-2.creds");
    writeFileSync(file, creds);
    const text = await script("describe.mjs", [file]);
    expect(text).toContain("user worker-2\n");
    expect(text).toContain("queue:mail");
    expect(text).not.toMatch(/eyJ|SU[A-Z0-9]{20}/);
    expect(await script("describe.mjs", [join(folder, "nats", "orders.jwt")])).toContain(
      "\nrole worker\n",
    );
  });
});
