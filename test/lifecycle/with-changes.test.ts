import { describe, expect, it } from "vitest";
import { withChanges } from "../../src/lifecycle/with-changes";

describe("a change from elsewhere, put into what was written", () => {
  it("leaves everything else as it was written", () => {
    const written = { limits: { connections: 5, payload: "1MiB" }, tags: ["b", "a"], system: true };
    const before = { limits: { connections: 5, payload: 1_048_576 }, tags: ["a", "b"] };
    const after = { limits: { connections: 7, payload: 1_048_576 }, tags: ["a", "b", "c"] };
    expect(withChanges(written, before, after)).toEqual({
      limits: { connections: 7, payload: "1MiB" },
      tags: ["b", "a", "c"],
      system: true,
    });
    expect(withChanges(written, before, before)).toBe(written);
  });

  it("finds items of lists by what they are about", () => {
    const written = { exports: [{ stream: "z.>" }, { service: "a", responseThreshold: "5s" }] };
    const before = { exports: [{ service: "a", responseThreshold: "5000ms" }, { stream: "z.>" }] };
    const changed = { service: "a", responseThreshold: "5000ms", tokenRequired: true };
    expect(withChanges(written, before, { exports: [changed] })).toEqual({
      exports: [{ service: "a", responseThreshold: "5s", tokenRequired: true }],
    });
  });

  it("takes what it cannot match as it came", () => {
    const twice = [{ stream: "a" }, { stream: "a" }];
    const after = { exports: [{ stream: "a" }] };
    expect(withChanges({ exports: twice }, { exports: twice }, after)).toEqual(after);
    expect(withChanges({}, {}, { limits: { connections: 1 } })).toEqual({
      limits: { connections: 1 },
    });
    expect(withChanges({ limits: { connections: 1 } }, { limits: { connections: 1 } }, {})).toEqual(
      {},
    );
  });
});
