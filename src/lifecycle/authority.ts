/** What a hook may do to an account on its servers, as the inputs say it. */
import type { Issue } from "../claims/index";
import { parseDuration } from "../claims/index";
import type { KeyPairData } from "../keys/index";
import type { AccountAddress } from "../resolver/index";
import { addressesOf } from "../resolver/target";
import { keyIssues } from "./common";
import type { Properties } from "./hooks";
import { say } from "./log";
import { startCommand } from "./start-command";

/** The operator, and the key that signs its accounts. */
export interface OperatorAuthority {
  publicKey: string;
  signer: KeyPairData;
  requireSigningKeys?: boolean;
}

/** Where the servers are, and who may push. */
export interface ServerAuthority {
  url: string | string[];
  system: { publicKey: string; signer: KeyPairData };
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
  if (operator === undefined || server === undefined) return undefined;
  const { publicKey, signer } = operator as OperatorAuthority;
  const { url, system, waitFor, expect } = server as Partial<ServerAuthority>;
  // A handle from another stack may name no servers.
  if (url === undefined || system === undefined) return undefined;
  return {
    ...account,
    operator: { publicKey, signer },
    target: {
      url,
      system,
      waitFor: waitFor === undefined ? undefined : parseDuration(waitFor),
      startCommand: () => startCommand(publicKey, addressesOf({ url })),
    },
    remembered,
    expected: expect,
    log: say,
  };
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
  const { url, system, waitFor, expect } = (server ?? {}) as Properties;
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
  if (protocol === "http:" || protocol === "https:") {
    return "is an HTTP account server, which this version cannot push to; give the address of a nats-server";
  }
  if (protocol !== "nats:" && protocol !== "tls:") return "must begin with nats:// or tls://";
  if (username || password)
    return "must not hold a user or password: a system user is made for every connection";
  return undefined;
}
