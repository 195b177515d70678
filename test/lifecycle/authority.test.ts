import { describe, expect, it } from "vitest";
import { serverIssues } from "../../src/lifecycle/authority";

/** What is said of TLS settings with this address. */
const said = (url: string | string[], tls: object = { ca: "…" }) =>
  serverIssues("server", { url, tls })
    .filter(({ path }) => path === "server.tls")
    .map(({ message }) => message);

describe("TLS settings", () => {
  it("go with addresses that can have TLS", () => {
    for (const url of ["nats://a", "tls://a", "wss://a", ["ws://a", "wss://b"]]) {
      expect(said(url)).toEqual([]);
    }
    for (const url of ["ws://a", "https://a"]) expect(said(url, { ca: undefined })).toEqual([]);
  });

  it("are refused where they would be ignored", () => {
    expect(said("ws://a")).toEqual([expect.stringMatching(/^means nothing to ws:\/\/.*wss:\/\//)]);
    expect(said("https://a")).toEqual([
      expect.stringMatching(/^means nothing to an HTTP account server: .*NODE_EXTRA_CA_CERTS/),
    ]);
  });
});
