/**
 * The engine's part in the life of resources, without the engine: check, diff, create or update in the order of the
 * program, then deletions, the last one first. It makes a year of nightly `up`s a matter of seconds.
 */
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";

type Outs = Record<string, unknown>;

interface Known {
  provider: dynamic.ResourceProvider;
  id: string;
  inputs: Outs;
  outs: Outs;
}

/** What an `up` did to a resource. */
export type Op = "create" | "update" | "delete";

export class MiniEngine {
  readonly #known = new Map<string, Known>();
  #declared = new Set<string>();
  #done: [op: Op, name: string][] = [];
  /** Called after each step. */
  afterStep: () => void = () => {};

  /** Runs a program, and returns what it changed. */
  async up(program: () => Promise<void>): Promise<[op: Op, name: string][]> {
    this.#declared = new Set();
    this.#done = [];
    await program();
    for (const [name, { provider, id, outs }] of [...this.#known].reverse()) {
      if (this.#declared.has(name)) continue;
      await provider.delete?.(id, outs);
      this.#known.delete(name);
      this.#note("delete", name);
    }
    return this.#done;
  }

  /** Declares a resource, and returns its outputs. */
  async resource(provider: dynamic.ResourceProvider, name: string, news: Outs): Promise<Outs> {
    this.#declared.add(name);
    const before = this.#known.get(name);
    const checked = await provider.check?.(before?.inputs ?? {}, news);
    if (!checked || checked.failures?.length) {
      throw new Error(`${name}: ${JSON.stringify(checked?.failures)}`);
    }
    const inputs = checked.inputs as Outs;
    if (!before) {
      const { id, outs } = await provider.create(inputs);
      this.#known.set(name, { provider, id, inputs, outs: outs as Outs });
      this.#note("create", name);
      return outs as Outs;
    }
    const diff = await provider.diff?.(before.id, before.outs, inputs);
    if (diff?.replaces?.length) throw new Error(`${name} would be replaced`);
    // Left open, the engine compares the inputs.
    const changes = diff?.changes ?? !isDeepStrictEqual(before.inputs, inputs);
    if (!changes) return before.outs;
    const outs = (await provider.update?.(before.id, before.outs, inputs))?.outs as Outs;
    this.#known.set(name, { ...before, inputs, outs });
    this.#note("update", name);
    return outs;
  }

  /** The outputs of what is there whose name begins so. */
  outputs(prefix: string): Outs[] {
    return [...this.#known].filter(([name]) => name.startsWith(prefix)).map(([, { outs }]) => outs);
  }

  #note(op: Op, name: string): void {
    this.#done.push([op, name]);
    this.afterStep();
  }
}
