import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Exchange } from "../../src/resolver/exchange";

interface Sent {
  subject: string;
  payload: string;
  token: string;
}

describe("an exchange", () => {
  let exchange: Exchange;
  let sent: Sent[];

  beforeEach(() => {
    vi.useFakeTimers();
    // An answer is the name of the server that sent it.
    exchange = new Exchange((text) => text);
    sent = [];
  });

  afterEach(() => {
    exchange.disconnected();
    vi.useRealTimers();
  });

  const connect = () =>
    exchange.connected((subject, payload, token) => sent.push({ subject, payload, token }));
  const answer = (index: number, text: string) =>
    exchange.receive(sent[index]?.token ?? "", { text, nobody: false });
  const ask = (from: string[], payload = "") =>
    exchange.ask({ subject: "update", payload, from, quietMs: 6_000 });

  it("is over when all named servers have answered", async () => {
    connect();
    const asked = ask(["S1", "S2"]);
    answer(0, "S2");
    answer(0, "S1");
    expect(await asked).toEqual({ texts: ["S2", "S1"], nobody: false });
    expect(exchange.busy).toBe(false);
  });

  it("keeps no more than a window under way, by number and by bytes", async () => {
    connect();
    for (let i = 0; i < 100; i += 1) ask(["S1"]);
    expect(sent).toHaveLength(64);
    answer(0, "S1");
    expect(sent).toHaveLength(65);
    const large = new Exchange((text) => text);
    const underWay: string[] = [];
    large.connected((_subject, _payload, token) => underWay.push(token));
    for (let i = 0; i < 10; i += 1) {
      large.ask({ subject: "update", payload: "x".repeat(1024 * 1024), from: ["S1"], quietMs: 1 });
    }
    expect(underWay).toHaveLength(4);
    large.disconnected();
  });

  it("asks again what was under way at a cut, and keeps the answers of named servers", async () => {
    connect();
    const asked = ask(["S1", "S2"], "jwt");
    const anonymous = exchange.ask({
      subject: "lookup",
      done: (all) => all.length >= 2,
      quietMs: 1,
    });
    answer(0, "S1");
    answer(1, "copy");
    exchange.disconnected();
    vi.advanceTimersByTime(60_000);
    const late = sent.map(({ token }) => token);
    connect();
    expect(sent.slice(2)).toMatchObject([
      { subject: "update", payload: "jwt" },
      { subject: "lookup", payload: "" },
    ]);
    // An answer to the first question comes to nobody any more.
    exchange.receive(late[1] as string, { text: "copy", nobody: false });
    answer(2, "S2");
    answer(3, "copy");
    answer(3, "copy");
    expect((await asked).texts).toEqual(["S1", "S2"]);
    expect((await anonymous).texts).toEqual(["copy", "copy"]);
  });

  it("waits for a server as long as it answers anything, and briefly for one that does not", async () => {
    connect();
    const all = [ask(["S1", "S2"]), ask(["S1", "S2"]), ask(["S1"])];
    let over = 0;
    for (const one of all) one.then(() => over++);
    for (let i = 0; i < 3; i += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      answer(2 - i, "S1");
    }
    // S1 answered each in time; S2 kept silent for 15 s.
    await vi.advanceTimersByTimeAsync(100);
    expect(over).toBe(3);
    expect((await all[0])?.texts).toEqual(["S1"]);
    const next = ask(["S1", "S2"]);
    answer(3, "S1");
    await vi.advanceTimersByTimeAsync(1_200);
    expect((await next).texts).toEqual(["S1"]);
    // Once it has spoken, it is waited for again.
    const more = ask(["S1", "S2"]);
    answer(4, "S2");
    answer(4, "S1");
    await more;
    const last = ask(["S2"]);
    let given = false;
    last.then(() => {
      given = true;
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(given).toBe(false);
    answer(5, "S2");
    await last;
  });

  it("takes a time in which this process stood still for nobody's silence", async () => {
    connect();
    const asked = ask(["S1"]);
    let given = false;
    asked.then(() => {
      given = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    vi.setSystemTime(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(100);
    expect(given).toBe(false);
    answer(0, "S1");
    expect((await asked).texts).toEqual(["S1"]);
  });

  it("says when nobody serves a subject, and what the server does not allow", async () => {
    connect();
    const nobody = ask(["S1"]);
    exchange.receive(sent[0]?.token ?? "", { text: "", nobody: true });
    expect((await nobody).nobody).toBe(true);
    const refused = ask(["S1"]);
    const other = exchange.ask({ subject: "other", from: ["S1"], quietMs: 1_000 });
    exchange.refuse("update", new Error("not permitted"));
    await expect(refused).rejects.toThrow("not permitted");
    answer(2, "S1");
    expect((await other).texts).toEqual(["S1"]);
  });

  it("fails everything when the connection does not come back", async () => {
    connect();
    const asked = ask(["S1"]);
    exchange.disconnected();
    const waiting = ask(["S1"]);
    exchange.fail(new Error("gone"));
    await expect(asked).rejects.toThrow("gone");
    await expect(waiting).rejects.toThrow("gone");
  });
});
