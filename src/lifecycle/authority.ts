/** What a hook may do to an account on its servers, as the inputs say it. */
import type { Issue } from "../claims/index";
import { parseDuration } from "../claims/index";
import { type KeyPairData, parseCreds } from "../keys/index";
import type { AccountAddress, ClusterTarget, TlsSettings } from "../resolver/index";
import { addressesOf, tlsProblem, transportOf } from "../resolver/target";
import { keyIssues } from "./common";
import type { Properties } from "./hooks";
import { say } from "./log";
import { startCommand } from "./start-command";

/** A key that signs, with the one before it while servers may not know it yet. */
export interface RotatingKey extends KeyPairData {
  former?: KeyPairData;
}

/** The operator, and the key that signs its accounts. */
export interface OperatorAuthority {
  publicKey: string;
  signer: RotatingKey;
  requireSigningKeys?: boolean;
}

/** Where the servers are, and who may push. */
export interface ServerAuthority {
  url: string | string[];
  system?: { publicKey: string; signer: RotatingKey };
  creds?: string;
  credsFile?: string;
  tls?: TlsSettings;
  waitFor?: string;
  expect?: string[];
}

/** Where an account lives; `undefined` when this stack pushes nothing. */
export function addressOf(
  account: { publicKey: string; name: string },
  operator: unknown,
  server: unknown,
  remembered: readonly string[] = [],
): AccountAddress | undefined {
  const target = targetOf(server);
  if (operator === undefined || target === undefined) return undefined;
  const { publicKey, signer } = operator as OperatorAuthority;
  const { expect } = server as Partial<ServerAuthority>;
  return {
    ...account,
    operator: { publicKey, signer, former: signer.former },
    target: { ...target, startCommand: () => startCommand(publicKey, addressesOf(target)) },
    remembered,
    expected: expect,
    log: say,
  };
}

/** The servers, and as whom they are spoken to; `undefined` where a handle of another stack names none. */
export function targetOf(server: unknown): ClusterTarget | undefined {
  const { url, waitFor, tls, ...as } = (server ?? {}) as Partial<ServerAuthority>;
  const identity = identityFor(as);
  if (url === undefined || (identity === undefined && !isHttp(url))) return undefined;
  return {
    url,
    ...identity,
    tls,
    waitFor: waitFor === undefined ? undefined : parseDuration(waitFor),
  };
}

/** As whom we push: creds that are given count before a user that is made. */
function identityFor({
  system,
  creds,
  credsFile,
}: Pick<ServerAuthority, "system" | "creds" | "credsFile">):
  | Pick<ClusterTarget, "system" | "creds" | "credsFile">
  | undefined {
  if (creds !== undefined) return { creds };
  if (credsFile !== undefined) return { credsFile };
  return system && { system: { ...system, former: system.signer.former } };
}

/** Whether an HTTP account server is pushed to. */
export function isHttp(url: unknown): boolean {
  return /^https?:/i.test(String([url].flat()[0]));
}

/** What is wrong with the operator that signs. */
export function operatorIssues(path: string, operator: unknown): Issue[] {
  return keyIssues(
    `${path}.signer`,
    (operator as Properties | undefined)?.["signer"],
    "operator",
    "sign accounts",
  );
}

/** What is wrong with the connection details. */
export function serverIssues(path: string, server: unknown): Issue[] {
  const { url, system, waitFor, expect, tls, creds, credsFile } = (server ?? {}) as Properties;
  if (url === undefined) return [];
  const issues: Issue[] = [];
  const urls = Array.isArray(url) ? url : [url];
  if (urls.length === 0)
    issues.push({ path: `${path}.url`, message: "names no server", severity: "error" });
  urls.forEach((one, index) => {
    const message = urlProblem(one);
    const at = Array.isArray(url) ? `${path}.url[${index}]` : `${path}.url`;
    if (message) issues.push({ path: at, message, severity: "error" });
  });
  if (issues.length === 0) issues.push(...mixtureIssues(`${path}.url`, urls as string[]));
  if (issues.length === 0) {
    const message = tlsProblem({ url: urls as string[], tls: tls as TlsSettings | undefined });
    if (message !== undefined) issues.push({ path: `${path}.tls`, message, severity: "error" });
  }
  const names = Array.isArray(expect) && expect.every((name) => typeof name === "string");
  if (expect !== undefined && !names) {
    issues.push({
      path: `${path}.expect`,
      message: "must be a list of server names",
      severity: "error",
    });
  }
  if (waitFor !== undefined) {
    try {
      parseDuration(waitFor as string);
    } catch (error) {
      issues.push({
        path: `${path}.waitFor`,
        message: (error as Error).message,
        severity: "error",
      });
    }
  }
  if (creds !== undefined || credsFile !== undefined || isHttp(url)) {
    return [...issues, ...credsIssues(path, creds, credsFile)];
  }
  const { publicKey, signer } = (system ?? {}) as Properties;
  if (publicKey === undefined) {
    issues.push({
      path: `${path}.system`,
      message:
        "is needed to push: the plain data of the operator has no systemAccount; add it, or leave the address of the servers away",
      severity: "error",
    });
    return issues;
  }
  return [
    ...issues,
    ...keyIssues(`${path}.system.signer`, signer, "account", "push accounts as a system user"),
  ];
}

/** Addresses are of one cluster, so they are spoken to alike. */
function mixtureIssues(path: string, url: string[]): Issue[] {
  try {
    transportOf({ url });
    return [];
  } catch (error) {
    return [{ path, message: (error as Error).message, severity: "error" }];
  }
}

function credsIssues(path: string, creds: unknown, credsFile: unknown): Issue[] {
  const error = (name: string, message: string): Issue[] => [
    { path: `${path}.${name}`, message, severity: "error" },
  ];
  if (creds !== undefined && credsFile !== undefined) {
    return error("credsFile", "cannot be given together with creds");
  }
  if (credsFile !== undefined && typeof credsFile !== "string") {
    return error("credsFile", "must be the path of a file");
  }
  if (creds === undefined) return [];
  try {
    parseCreds(String(creds));
    return [];
  } catch (problem) {
    return error("creds", (problem as Error).message);
  }
}

function urlProblem(url: unknown): string | undefined {
  if (typeof url !== "string") return noAddress;
  return addressesOf({ url })
    .map(addressProblem)
    .find((problem) => problem !== undefined);
}

const noAddress = 'is no address; give one such as "nats://127.0.0.1:4222"';

function addressProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return noAddress;
  const { protocol, username, password } = new URL(url);
  if (!/^(?:nats|tls|wss?|https?):$/.test(protocol)) {
    return "must begin with nats://, tls://, ws:// or wss://, or with https:// for an HTTP account server";
  }
  if (username || password)
    return "must not hold a user or password: a system user is made for every connection";
  return undefined;
}
