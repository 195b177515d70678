/** The server configuration as text, as Helm values and, where asked for, as a file. */
import { decodeToken, type Issue, parseDuration } from "../claims/index";
import { resolverHeading } from "../resolver/config";
import {
  type RenderedResolver,
  type ResolverSettings,
  renderResolverConfig,
} from "../resolver/index";
import { sameValue, unknownNames } from "./common";
import { assertOurs, ensureFile, removeFile, unwritableReason } from "./files";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { noteConfigOf } from "./start-command";
import { hasUnknown } from "./unknown";

/** Nothing in it is secret: JWTs of operators and accounts are public. */
const configMode = 0o644;
/** Which settings mean something to which type (server `opts.go` refuses the others). */
const settingsOf: Record<string, readonly string[]> = {
  full: ["dir", "allowDelete", "hardDelete", "interval", "limit", "timeout"],
  cache: ["dir", "limit", "timeout", "ttl"],
  memory: [],
  url: ["url"],
};
const types = Object.keys(settingsOf);
const typed = [...new Set(Object.values(settingsOf).flat())];

/** Hooks of `ResolverConfig`. */
export const resolverConfigLifecycle: Lifecycle = {
  check(_olds, news): Checked {
    const { operatorJwt, path } = news;
    if (
      typeof path === "string" &&
      typeof operatorJwt === "string" &&
      !hasUnknown([operatorJwt, path])
    ) {
      noteConfigOf(decodeToken(operatorJwt).sub, path);
    }
    return { inputs: news, issues: issuesOf(news) };
  },

  diff(olds, news): Difference {
    if (hasUnknown(news)) return "changed";
    if (olds["pending"] !== undefined) return "dirty";
    const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
    for (const made of ["text", "helmValues"]) names.delete(made);
    return [...names].every((name) => sameValue(olds[name], news[name])) ? "same" : "changed";
  },

  async create(inputs) {
    const id = (inputs["systemAccount"] as { publicKey: string }).publicKey;
    return { id, outs: withFile(id, {}, inputs) };
  },

  async update(id, olds, news) {
    return withFile(id, olds, news);
  },

  async delete(_id, outs) {
    const path = outs["path"] as string | undefined;
    if (path !== undefined) removeFile(path, outs["text"] as string);
  },
};

function issuesOf(inputs: Properties): Issue[] {
  const issues = unknownNames(
    inputs,
    ["operator", "type", ...typed, "preload", "path"],
    ["operatorJwt", "systemAccount"],
  );
  const error = (path: string, message: string) =>
    issues.push({ path, message, severity: "error" });
  const type = inputs["type"] ?? "full";
  if (!types.includes(type as string)) {
    error("type", `must be one of ${types.join(", ")}`);
  } else {
    const fitting = settingsOf[type as string] ?? [];
    for (const name of typed) {
      if (inputs[name] !== undefined && !fitting.includes(name)) {
        error(name, `means nothing to a resolver of type ${type}`);
      }
    }
  }
  for (const name of ["interval", "timeout", "ttl"]) {
    if (inputs[name] === undefined || hasUnknown(inputs[name])) continue;
    try {
      parseDuration(inputs[name] as string);
    } catch (cause) {
      error(name, (cause as Error).message);
    }
  }
  if (
    inputs["limit"] !== undefined &&
    !(Number.isInteger(inputs["limit"]) && (inputs["limit"] as number) > 0)
  ) {
    error("limit", "must be a whole number above zero");
  }
  if (type === "url" && !URL.canParse(String(inputs["url"]))) {
    error(
      "url",
      'is needed: the base address of the account server, such as "https://host/jwt/v1/accounts/"',
    );
  }
  const path = inputs["path"];
  if (path !== undefined && !hasUnknown(path)) {
    const reason =
      typeof path === "string" && path !== ""
        ? unwritableReason(path)
        : "must be the path of a file";
    if (reason !== undefined) error("path", reason);
  }
  return issues;
}

/** Go knows no days and weeks in durations, so the server gets seconds. */
function durationForServer(text: unknown): string | undefined {
  return text === undefined ? undefined : `${parseDuration(text as string) / 1000}s`;
}

function render(inputs: Properties): RenderedResolver {
  const jwt = inputs["operatorJwt"] as string;
  return renderResolverConfig({
    ...(inputs as Omit<ResolverSettings, "operator" | "systemAccount">),
    interval: durationForServer(inputs["interval"]),
    timeout: durationForServer(inputs["timeout"]),
    ttl: durationForServer(inputs["ttl"]),
    operator: { name: decodeToken(jwt).name ?? "", jwt },
    systemAccount: inputs["systemAccount"] as ResolverSettings["systemAccount"],
  });
}

function withFile(id: string, olds: Properties, news: Properties): Properties {
  const outs = { ...news, ...render(news) };
  const [before, path] = [olds["path"], news["path"]] as (string | undefined)[];
  try {
    if (path !== undefined) {
      assertOurs(path, (text) => text.includes(resolverHeading));
      ensureFile(path, outs.text, configMode);
    }
    if (before !== undefined && before !== path) removeFile(before, olds["text"] as string);
    return outs;
  } catch (error) {
    throw new HalfDone(id, { ...outs, pending: "the file was not written" }, error);
  }
}
