/**
 * User JWTs per second, the user's new key included: ours, `@nats-io/jwt` and the Go reference, in turns in one run.
 *
 * Run it by `node bench/tokens.mts` after a build (it measures `dist`). A module, because Node runs TypeScript that
 * imports only as one in a CommonJS package.
 */

import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createUser, encodeUser, fromSeed } from "@nats-io/jwt";
import { decodeToken, signUser } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";

const run = promisify(execFile);

/** One line of the result. */
export interface Row {
  /** What was measured. */
  name: string;
  /** User tokens per second, in the best of the rounds. */
  perSecond: number;
  /** How many times our rate is this one's. Absent for ours. */
  ratio?: number;
  /** The ratio that is asked for. */
  required?: number;
}

// Other work on the machine can only slow a round down, so the best one says most. Rounds are short (50 ms), to find
// quiet moments, but long enough to pay for the garbage they make.
const TURNS = 20;
const ROUNDS = 8;
const COUNT = 500;
const JWT_JS_COUNT = 4;

const EXPIRES = 1_893_456_000;
const PUBLISH = ["orders.>", "audit.orders"];
const SUBSCRIBE = ["_INBOX.>", "orders.requests.*"];
const DENY = ["orders.internal.>"];

const account = generateKeyPair("account");
const signer = signerFromSeed(account.seed);

function ours(count: number): string {
  let token = "";
  for (let i = 0; i < count; i++) {
    const { publicKey } = generateKeyPair("user");
    token = signUser({
      publicKey,
      claims: {
        name: "orders-api",
        expiresAt: "2030-01-01T00:00:00Z",
        permissions: { publish: PUBLISH, subscribe: { allow: SUBSCRIBE, deny: DENY } },
      },
      signer,
      issuedAt: Math.floor(Date.now() / 1000),
    });
  }
  return token;
}

async function jwtJs(count: number): Promise<string> {
  const issuer = fromSeed(new TextEncoder().encode(account.seed));
  let token = "";
  for (let i = 0; i < count; i++) {
    const user = createUser();
    user.getSeed();
    token = await encodeUser(
      "orders-api",
      user,
      issuer,
      { pub: { allow: PUBLISH, deny: [] }, sub: { allow: SUBSCRIBE, deny: DENY } },
      { exp: EXPIRES },
    );
  }
  return token;
}

async function rate(count: number, issue: (count: number) => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  await issue(count);
  return count / (Number(process.hrtime.bigint() - start) / 1e9);
}

/** Measures in turns, so that a busy machine slows all of them. Without Go its row is left out. */
export async function benchTokens(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-tokens-"));
  try {
    const program = join(folder, "tokens");
    const hasGo = spawnSync("go", ["version"]).status === 0;
    if (hasGo) {
      await run("go", ["build", "-o", program, "."], { cwd: join(import.meta.dirname, "go") });
    }
    checkSame(ours(10 * COUNT), await jwtJs(1)); // compiles, too
    const rates = { ours: [] as number[], jwtJs: [] as number[], go: [] as number[] };
    for (let turn = 0; turn < TURNS; turn++) {
      for (let round = 0; round < ROUNDS; round++) rates.ours.push(await rate(COUNT, ours));
      rates.jwtJs.push(await rate(JWT_JS_COUNT, jwtJs));
      if (!hasGo) continue;
      const { stdout } = await run(program, [String(ROUNDS), String(COUNT)]);
      const go: { rates: number[]; token: string } = JSON.parse(stdout);
      checkSame(ours(1), go.token);
      rates.go.push(...go.rates);
    }
    const best = Math.max(...rates.ours);
    const against = (name: string, theirs: number[], required: number): Row => ({
      name,
      perSecond: Math.max(...theirs),
      ratio: best / Math.max(...theirs),
      required,
    });
    return [
      { name: "pulumi-nats-auth", perSecond: best },
      against("@nats-io/jwt 0.0.11", rates.jwtJs, 100),
      ...(hasGo ? [against("Go jwt v2.8.3", rates.go, 1)] : []),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fast token that says less proves nothing: name, expiry and permissions must be those of the other. */
function checkSame(token: string, other: string): void {
  const [a, b] = [token, other].map((text) => {
    const { name, exp, nats } = decodeToken(text);
    const { pub, sub, subs, data, payload } = nats as Record<string, Record<string, string[]>>;
    return JSON.stringify([name, exp, pub?.["allow"], sub, subs, data, payload]);
  });
  if (a !== b) throw new Error(`the tokens differ: ${a} and ${b}`);
}

if (import.meta.filename === process.argv[1]) {
  for (const { name, perSecond, ratio, required } of await benchTokens()) {
    const line = `${name.padEnd(20)} ${perSecond.toFixed(0).padStart(7)} user tokens/s`;
    const versus =
      ratio === undefined ? "" : `   ours is ${ratio.toFixed(2)} x (required ${required})`;
    console.log(line + versus);
  }
}
