/** As whom we sign in. */
import { readFile } from "node:fs/promises";
import { type Authenticator, jwtAuthenticator } from "@nats-io/transport-node";
import { decodeToken, signUser, userFromWire } from "../claims/index";
import { now } from "../clock";
import { NatsAuthError } from "../errors";
import { generateKeyPair, type KeyPairData, parseCreds, signerFromSeed } from "../keys/index";
import type { Permits } from "./protocol";
import type { ClusterTarget, SystemAuthority } from "./target";

/** Long enough for a machine whose clock is some minutes behind the servers'. */
const mintedLifetimeSeconds = 600;

/** What signs in, and where its answers may come to. */
export interface Identity {
  authenticator: Authenticator;
  inboxPrefix: string;
}

/**
 * The identities to try, in this order, anew for each connect: a minted user lives for minutes, and a creds file may
 * have been renewed. The second is for servers that have not got the system account yet.
 */
export async function identitiesOf(
  target: ClusterTarget,
  permits: Permits,
  privateInbox: string,
): Promise<Identity[]> {
  const { system, creds, credsFile, user } = target;
  if ([system, creds, credsFile, user].filter((one) => one !== undefined).length !== 1) {
    throw new NatsAuthError(
      "ERR_INPUT",
      "a connection needs exactly one of system (the system account and a key of it), creds, credsFile and user",
    );
  }
  if (system) {
    const signers = [system.signer, system.former, system.identity].filter(
      (key) => key !== undefined,
    );
    const distinct = signers.filter(
      (key, index) => signers.findIndex((other) => other.publicKey === key.publicKey) === index,
    );
    return distinct.map((signer) => ({
      authenticator: minting(system, signer, permits, privateInbox),
      inboxPrefix: privateInbox,
    }));
  }
  const given = await givenUser(target);
  return [
    {
      authenticator: jwtAuthenticator(given.jwt, new TextEncoder().encode(given.seed)),
      inboxPrefix: inboxOf(given.jwt, privateInbox),
    },
  ];
}

/** Public key of the account key that signed, or signs, our system user. */
export async function issuerOf(target: ClusterTarget): Promise<string> {
  return target.system?.signer.publicKey ?? decodeToken((await givenUser(target)).jwt).iss;
}

async function givenUser({ creds, credsFile, user }: ClusterTarget) {
  return user ?? parseCreds(creds ?? (await fileText(credsFile as string)));
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new NatsAuthError("ERR_FILE", `the creds file ${path} cannot be read`, { cause });
  }
}

/** A user with limited subscriptions gets answers where it may subscribe; any other where nobody else listens. */
function inboxOf(jwt: string, privateInbox: string): string {
  const rules = userFromWire(decodeToken(jwt)).permissions?.subscribe;
  const allowed = Array.isArray(rules) ? rules : rules?.allow;
  if (!allowed || allowed.includes(">")) return privateInbox;
  const inbox = allowed.find((subject) => /^_INBOX[^.*]*\.>$/.test(subject));
  return inbox?.slice(0, -".>".length) ?? privateInbox;
}

function minting(
  system: SystemAuthority,
  signer: KeyPairData,
  permits: Permits,
  inboxPrefix: string,
): Authenticator {
  const user = generateKeyPair("user");
  return (nonce) => ({
    jwt: mint(system, signer, user, permits, inboxPrefix),
    nkey: user.publicKey,
    sig: nonce
      ? Buffer.from(signerFromSeed(user.seed).sign(Buffer.from(nonce))).toString("base64url")
      : "",
  });
}

function mint(
  system: SystemAuthority,
  signer: KeyPairData,
  user: KeyPairData,
  { publish, subscribe }: Permits,
  inboxPrefix: string,
): string {
  const issuedAt = now();
  return signUser({
    publicKey: user.publicKey,
    claims: {
      name: "pulumi-nats-auth",
      expiresAt: new Date((issuedAt + mintedLifetimeSeconds) * 1000).toISOString(),
      permissions: {
        publish: [...publish],
        subscribe: [`${inboxPrefix}.>`, ...subscribe],
      },
      ...(signer.publicKey === system.publicKey ? {} : { issuerAccount: system.publicKey }),
    },
    signer: signerFromSeed(signer.seed),
    issuedAt,
  });
}
