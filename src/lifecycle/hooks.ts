/**
 * What every resource's hooks have in common. A lifecycle speaks in plain values and throws our
 * errors; `toProvider` turns it into what Pulumi's dynamic provider host calls.
 */
import type { dynamic } from "@pulumi/pulumi";
import type { Issue } from "../claims/index";
import { NatsAuthError } from "../errors";
import { redact } from "../keys/index";
import { warn } from "./log";
import { touchesUnknown } from "./unknown";

export type Properties = Record<string, unknown>;

/** What a check makes of the inputs, and what is wrong with them. */
export interface Checked {
  inputs: Properties;
  issues: Issue[];
}

/**
 * How a resource differs from what the program says. `changed` is shown by path, because the engine
 * compares the inputs itself; `dirty` is a reason that is not in the inputs; `replace` names the
 * property that makes a new resource necessary.
 */
export type Difference = "same" | "changed" | "dirty" | { replace: string; deleteFirst?: boolean };

/** The hooks of one kind of resource. `olds` of `diff`, `update` and `delete` are outputs, of `check` inputs. */
export interface Lifecycle {
  check(olds: Properties, news: Properties): Checked;
  diff(olds: Properties, news: Properties): Difference;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<Properties>;
  /** What is there now; `inputs` only where they have changed. Default: what the state says. */
  read?(id: string, outs: Properties): Promise<{ outs: Properties; inputs?: Properties }>;
  delete?(id: string, outs: Properties): Promise<void>;
}

/** A create or update that got only half-way. What it made is kept in the state, and the next `up` goes on. */
export class HalfDone extends Error {
  readonly id: string;
  readonly properties: Properties;
  override readonly cause: unknown;

  constructor(id: string, properties: Properties, cause: unknown) {
    super("half done");
    this.id = id;
    this.properties = properties;
    this.cause = cause;
  }
}

const providerKey = "__provider";

/** Makes a dynamic provider of a lifecycle. */
export function toProvider(lifecycle: Lifecycle): dynamic.ResourceProvider {
  const { read } = lifecycle;
  return {
    check: async (olds: Properties | undefined, news: Properties) => {
      const [before, inputs] = [clean(olds ?? {}), clean(news)];
      const checked = spoken(() => lifecycle.check(before, inputs));
      const problems = checked.issues.filter((issue) => !touchesUnknown(inputs, issue.path));
      const blocks = ({ severity }: Issue) => severity === "error" || isStrict(inputs);
      for (const issue of problems) {
        if (!blocks(issue)) warn(sentenceOf(issue));
      }
      const failures = problems
        .filter(blocks)
        // An empty property, because the engine prints the value of a named one in clear, secrets too.
        .map((issue) => ({ property: "", reason: redact(sentenceOf(issue)) }));
      return { inputs: checked.inputs, failures };
    },
    diff: async (_id: string, olds: Properties, news: Properties) => {
      const difference = spoken(() => lifecycle.diff(clean(olds), clean(news)));
      if (difference === "same") return { changes: false };
      if (difference === "dirty") return { changes: true };
      // `changes` left open lets the engine name the paths.
      if (difference === "changed") return {};
      return {
        changes: true,
        replaces: [difference.replace],
        deleteBeforeReplace: difference.deleteFirst ?? false,
      };
    },
    create: async (news: Properties) => {
      try {
        const { id, outs } = await lifecycle.create(clean(news));
        return { id, outs: clean(outs) };
      } catch (error) {
        throw partial(error, news);
      }
    },
    update: async (id: string, olds: Properties, news: Properties) => {
      try {
        return { outs: clean(await lifecycle.update(id, clean(olds), clean(news))) };
      } catch (error) {
        throw partial(error, news);
      }
    },
    ...(read === undefined ? {} : { read: readWith(read) }),
    delete: async (id: string, outs: Properties) => {
      try {
        await lifecycle.delete?.(id, clean(outs));
      } catch (error) {
        throw plain(error);
      }
    },
  };
}

function readWith(
  read: NonNullable<Lifecycle["read"]>,
): NonNullable<dynamic.ResourceProvider["read"]> {
  return async (id: string, props: Properties = {}) => {
    try {
      const { outs, inputs } = await read(id, clean(props));
      return { id, props: clean(outs), ...(inputs === undefined ? {} : { inputs: clean(inputs) }) };
    } catch (error) {
      throw plain(error);
    }
  };
}

/** Whether the operator says that warnings are errors: in its own inputs, or in what its accounts and users have of it. */
function isStrict({ strict, operator, account }: Properties): boolean {
  return [{ strict }, operator, account].some(
    (said) => (said as { strict?: unknown } | undefined)?.strict === true,
  );
}

function sentenceOf(issue: Issue): string {
  return issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`;
}

/** Nulls mean "not given" (the wire has no `undefined`), and the provider text is the host's business. */
function clean(properties: Properties): Properties {
  const { [providerKey]: _provider, ...rest } = properties;
  return stripAbsent(rest) as Properties;
}

function stripAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripAbsent);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined && v !== null)
      .map(([k, v]) => [k, stripAbsent(v)]),
  );
}

function spoken<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw plain(error);
  }
}

/** One sentence with its code, without secrets; without a stack when it is an error of ours. */
function plain(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const ours = error instanceof NatsAuthError;
  const result = new Error(redact(ours ? `${text} [${error.code}]` : text));
  result.name = ours ? "NatsAuthError" : "Error";
  result.stack = ours || !(error instanceof Error) ? "" : redact(error.stack ?? "");
  return result;
}

function partial(error: unknown, inputs: Properties): Error {
  if (!(error instanceof HalfDone)) return plain(error);
  const cause = plain(error.cause);
  return Object.assign(cause, {
    id: error.id,
    // Without the provider text the resource could never be deleted.
    properties: { ...clean(error.properties), [providerKey]: inputs[providerKey] },
    reasons: [cause.message],
  });
}
