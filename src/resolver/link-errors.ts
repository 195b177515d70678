/** What goes wrong with connections, for people. */
import { NatsAuthError } from "../errors";
import { type Purpose, permits } from "./protocol";
import { addressesOf, type ClusterTarget } from "./target";

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

function startCommandOf(target: ClusterTarget): string {
  return target.startCommand?.() ?? "nats-server -c <its configuration>";
}

export function waiting(target: ClusterTarget, waitMs: number): string {
  return (
    `waiting up to ${seconds(waitMs)} s for a nats-server at ${addressesOf(target).join(", ")}; ` +
    `to start one: ${startCommandOf(target)}`
  );
}

export function refused(target: ClusterTarget, cause: unknown): NatsAuthError {
  const why = target.system
    ? "Either the server was not started with the ResolverConfig of this operator (restart it with that file), or its system account " +
      "no longer knows the signing key of this stack, or the clock of this machine is more than ten minutes behind the server's."
    : "Its creds have expired or are revoked, or are those of another operator; issue new ones from the system account.";
  return new NatsAuthError(
    "ERR_UNAUTHORIZED",
    `${addressesOf(target).join(", ")} refused our system user (Authorization Violation). ${why}`,
    { cause },
  );
}

export function unreachable(target: ClusterTarget, waitMs: number, cause: unknown): NatsAuthError {
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return new NatsAuthError(
    "ERR_UNREACHABLE",
    `no nats-server answered at ${addressesOf(target).join(", ")} for ${seconds(waitMs)} s${reason}. ` +
      `Start one (${startCommandOf(target)}) or correct the address, then run the command again: it goes on where this one stopped. ` +
      "If the servers are gone for good, `pulumi state delete` takes what was on them out of the stack.",
    { cause },
  );
}

export function untrustedServer(addresses: string[], cause: unknown): NatsAuthError {
  const reason = tlsReasonOf(cause);
  const next =
    reason === noTls
      ? "Correct the address or its scheme."
      : "Give the authority of its certificate (`tls.ca` or `tls.caFile`), a client certificate where the server verifies clients " +
        "(`tls.cert` and `tls.key`), and an address with a name that the certificate holds.";
  return new NatsAuthError(
    "ERR_TLS",
    `no TLS connection to ${addresses.join(", ")}: ${reason}. ${next}`,
    { cause },
  );
}

const noTls = "what listens there speaks no TLS";

/** OpenSSL puts its reason between the places in its own code. */
function tlsReasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(text)?.[1] ?? text;
  return reason === "wrong version number" ? noTls : reason;
}

export function notPermitted(cause: Error, purpose: Purpose): NatsAuthError {
  const { publish, subscribe } = permits[purpose];
  const needed = `publish ${publish.join(", ")}; subscribe _INBOX.>${subscribe.map((subject) => `, ${subject}`).join("")}`;
  return new NatsAuthError(
    "ERR_UNAUTHORIZED",
    `the system user that pushes has too few permissions: ${cause.message}. Give it these, or creds without limits: ${needed}`,
    { cause },
  );
}

export function tooLarge(size: number, limit: number): NatsAuthError {
  return new NatsAuthError(
    "ERR_REJECTED",
    `the account JWT has ${size} bytes, and the server takes messages of ${limit}: raise \`max_payload\` in its configuration, ` +
      "or make the account smaller (its revocations and exports take the most).",
  );
}
