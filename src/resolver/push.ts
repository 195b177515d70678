/** What a push came to. */
import { NatsAuthError } from "../errors";
import { type AccountAddress, labelOf } from "./address";
import { noResolverHint, refusalOf } from "./hints";
import type { Reply } from "./replies";
import type { Roster } from "./roster";

/** What the servers hold after a push. */
export interface Published {
  /** The JWT that the servers hold now. */
  jwt: string;
  /** Names of the servers that confirmed it, and of those that must but did not. */
  servers: string[];
  /** What is not as one would think although every server confirmed, for people: imports without effect. */
  warnings: string[];
}

/** A push that some servers did not confirm. `published.jwt` is what the others hold. */
export class IncompletePush extends NatsAuthError {
  readonly published: Published;

  constructor(
    code: "ERR_INCOMPLETE" | "ERR_REJECTED" | "ERR_NO_RESOLVER",
    message: string,
    published: Published,
  ) {
    super(code, message);
    this.published = published;
  }
}

/** Names of the servers that kept silent. Throws `IncompletePush` where a server refused, or none takes pushes. */
export function silentAfter(
  address: AccountAddress,
  roster: Roster,
  jwt: string,
  { replies, nobody }: { replies: Reply[]; nobody: boolean },
): string[] {
  if (nobody) {
    const published = { jwt, servers: [], warnings: [] };
    throw new IncompletePush(
      "ERR_NO_RESOLVER",
      `${labelOf(address)}: ${noResolverHint}.`,
      published,
    );
  }
  const rejected = replies.filter((reply) => !reply.ok);
  if (rejected.length > 0) {
    const accepted = replies.filter((reply) => reply.ok).map((reply) => reply.server);
    throw new IncompletePush(
      "ERR_REJECTED",
      `${labelOf(address)} was rejected: ${rejected.map(refusalOf).join("; ")}.` +
        (accepted.length > 0 ? ` Accepted by ${accepted.sort().join(", ")}.` : ""),
      incomplete(address, roster, jwt),
    );
  }
  return roster.present.filter((name) => !replies.some((reply) => reply.server === name));
}

/** Throws `IncompletePush` when servers did not confirm. */
export function assertComplete(
  address: AccountAddress,
  roster: Roster,
  jwt: string,
  absent: string[],
): void {
  if (absent.length === 0) return;
  const confirmed = roster.present.filter((name) => !absent.includes(name));
  throw new IncompletePush(
    "ERR_INCOMPLETE",
    `${labelOf(address)} is not on every server: no confirmation from ${absent.join(", ")}; ` +
      `confirmed by ${confirmed.join(", ") || "none"}. Nothing is lost: bring the missing server(s) back and run the command again. ` +
      "If one is gone for good, name those that remain in `expectServers` of the Operator." +
      (confirmed.length === 0 ? ` If they are there: ${noResolverHint}.` : ""),
    incomplete(address, roster, jwt),
  );
}

/** What is remembered of a push that did not reach everybody: nobody is forgotten. */
export function incomplete(address: AccountAddress, roster: Roster, jwt: string): Published {
  const servers = [...new Set([...roster.lasting, ...address.remembered])].sort();
  return { jwt, servers, warnings: [] };
}
