/** What validating an account costs: ten times as many exports and imports must cost less than ten times as much. */

import { validateAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair } from "pulumi-nats-auth/keys";

// Other work on the machine can only slow a round down, so the best one says most.
const ROUNDS = 60;
const accounts = Array.from({ length: 10 }, () => generateKeyPair("account").publicKey);

function claims(count: number): object {
  const each = <T,>(make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  return {
    name: "hub",
    exports: each((i) =>
      i % 2 === 0
        ? { stream: `events.${i}.*.>`, tokenRequired: true }
        : { service: `rpc.${i}.*`, responseType: "stream", responseThreshold: "5s" },
    ),
    imports: each((i) =>
      i % 2 === 0
        ? { stream: `feed.${i}.*.>`, account: accounts[i % 10], localSubject: `in.${i}.$1.>` }
        : { service: `api.${i}.*`, account: accounts[i % 10] },
    ),
  };
}

function best(input: object): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    const issues = validateAccount(input);
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e6);
    if (issues.length > 0)
      throw new Error(`the claims are not valid: ${JSON.stringify(issues[0])}`);
  }
  return least;
}

/** Milliseconds for 100 and for 1,000 of each, and the ratio that must not be reached. */
export function benchValidation(): { few: number; many: number; required: number } {
  best(claims(100)); // compiles
  return { few: best(claims(100)), many: best(claims(1_000)), required: 10 };
}

if (import.meta.filename === process.argv[1]) {
  const { few, many } = benchValidation();
  console.log(
    `100: ${few.toFixed(2)} ms, 1,000: ${many.toFixed(2)} ms, ratio ${(many / few).toFixed(2)} (required < 10)`,
  );
}
