import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, freePort, until } from "../support/nats";
import { mainJob } from "../support/programs";
import { Stack } from "../support/stack";

describe("the main job", () => {
  let stack: Stack;
  let port: number;
  let url: string;

  beforeAll(async () => {
    port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    stack = await Stack.create(mainJob(port));
    await stack.up();
  });

  afterAll(async () => {
    await stack?.run("destroy", "--yes", "--skip-preview", "--non-interactive");
    stack?.close();
  });

  it("lets the user in with the creds, and keeps it to its permissions", async () => {
    const { creds } = await stack.outputs();
    const nc = await connectWith(creds as string, url);
    const refusals: string[] = [];
    (async () => {
      for await (const status of nc.status()) {
        if (status.type === "error") refusals.push(status.error.message);
      }
    })();
    nc.publish("orders.events.created", "1");
    await nc.flush();
    expect(refusals).toEqual([]);
    nc.publish("billing.invoice", "1");
    await nc.flush();
    await until(() => refusals.length > 0);
    expect(refusals.join()).toMatch(/Permissions Violation for Publish to .*billing\.invoice/i);
    await nc.close();
  });

  it("changes nothing when nothing changed, and no JWT on the server", async () => {
    const before = await stack.outputs();
    const again = await stack.up();
    expect(again.text).toMatch(/12 unchanged/);
    expect(again.text).not.toMatch(/created|updated|deleted|replaced/);
    expect(await stack.outputs()).toEqual(before);
  });

  it("previews a changed limit as one update of that account, by path", async () => {
    stack.write(mainJob(port, { limits: '{ connections: 200, payload: "1MiB" }' }));
    expect(await stack.preview()).toEqual([
      { op: "update", resource: "Account::orders", paths: { "limits.connections": "update" } },
    ]);
    stack.write(mainJob(port));
  });

  it("does not take another spelling of the same size for a change", async () => {
    stack.write(mainJob(port, { limits: "{ connections: 100, payload: 1048576 }" }));
    expect(await stack.preview()).toEqual([]);
    stack.write(mainJob(port));
  });

  it("takes it all away again", async () => {
    const { creds, pid } = await stack.outputs();
    expect(await admission(creds as string, url)).toBe("admitted");
    await stack.destroy();
    expect(await stack.state()).toEqual({});
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
    expect(() => stack.file("nats/resolver.conf")).toThrow(/ENOENT/);
  });
});
