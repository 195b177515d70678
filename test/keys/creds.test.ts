import { describe, expect, test } from "vitest";
import { signAccount, signUser } from "../../src/claims";
import { formatCreds, parseCreds, redact, signerFromSeed } from "../../src/keys";
import { ACCOUNT, fixedKey, NOW, OPERATOR, OTHER_USER, USER } from "../claims/fixed-keys";

const jwt = signUser({
  publicKey: USER.publicKey,
  claims: { name: "u" },
  signer: signerFromSeed(ACCOUNT.seed),
  issuedAt: NOW,
});
const creds = formatCreds(jwt, USER.seed);

describe("creds", () => {
  test("are Go's, byte for byte", () => {
    expect(creds).toBe(
      [
        "-----BEGIN NATS USER JWT-----",
        jwt,
        "------END NATS USER JWT------",
        "",
        "************************* IMPORTANT *************************",
        "NKEY Seed printed below can be used to sign and prove identity.",
        "NKEYs are sensitive and should be treated as secrets.",
        "",
        "-----BEGIN USER NKEY SEED-----",
        USER.seed,
        "------END USER NKEY SEED------",
        "",
        "*************************************************************",
        "",
      ].join("\n"),
    );
  });

  test.each([
    ["as written", creds],
    ["with Windows line ends", creds.replaceAll("\n", "\r\n")],
    ["without the last lines", creds.slice(0, creds.lastIndexOf("\n\n****"))],
    ["with a comment before", `# ours\n${creds}`],
  ])("are read %s", (_, text) => {
    expect(parseCreds(text)).toEqual({ jwt, seed: USER.seed });
  });

  test.each([
    ["nothing", "", "ERR_INPUT"],
    ["a token alone", jwt, "ERR_INPUT"],
    ["one block", creds.slice(0, creds.indexOf("****")), "ERR_INPUT"],
    ["an account's seed", creds.replace(USER.seed, ACCOUNT.seed), "ERR_KEY"],
    ["a broken seed", creds.replace(USER.seed, USER.seed.slice(0, -2)), "ERR_KEY"],
  ])("are refused with %s", (_, text, code) => {
    expect(() => parseCreds(text)).toThrow(expect.objectContaining({ code }));
  });

  test("are refused for what does not belong together", () => {
    const account = signAccount({
      publicKey: ACCOUNT.publicKey,
      claims: { name: "a" },
      signer: signerFromSeed(OPERATOR.seed),
      issuedAt: NOW,
    });
    const failing = (token: string, seed: string) => () => formatCreds(token, seed);
    expect(failing(jwt, OTHER_USER.seed)).toThrow(expect.objectContaining({ code: "ERR_KEY" }));
    expect(failing(jwt, ACCOUNT.seed)).toThrow(expect.objectContaining({ code: "ERR_KEY" }));
    expect(failing(account, USER.seed)).toThrow(expect.objectContaining({ code: "ERR_TOKEN" }));
    expect(failing("x.y.z", USER.seed)).toThrow(expect.objectContaining({ code: "ERR_TOKEN" }));
  });
});

describe("redact", () => {
  const SEEDS = [USER.seed, ACCOUNT.seed, OPERATOR.seed];

  test.each([
    ["a seed", `the seed ${USER.seed} is bad`, "the seed [secret] is bad"],
    ["a seed in quotes", `"${ACCOUNT.seed}"`, '"[secret]"'],
    ["a seed cut off", USER.seed.slice(0, 20), "[secret]"],
    [
      "a seed with a digit it cannot have",
      `${USER.seed.slice(0, 10)}01${USER.seed.slice(12)}`,
      "[secret]",
    ],
    ["a seed with letters before", `XSEED${USER.seed}`, "[secret]"],
    ["a seed in lower case", USER.seed.toLowerCase(), "[secret]"],
    ["a token", `token=${jwt};`, "token=[secret];"],
    ["a token without signature", jwt.slice(0, jwt.lastIndexOf(".")), "[secret]"],
    ["the head of a token", jwt.slice(0, 30), "[secret]"],
    ["creds", `a\n${creds}`, expect.not.stringMatching(/eyJ|SUAA/)],
    ["creds cut off", creds.slice(0, 400), expect.not.stringMatching(/eyJ|SUAA/)],
    ["creds on one line", JSON.stringify({ creds }), expect.not.stringMatching(/eyJ|SUAA/)],
  ])("takes out %s", (_, text, expected) => {
    const result = redact(text);
    expect(result).toEqual(expected);
    expect(result).toContain("[secret]");
    for (const seed of SEEDS) expect(result).not.toContain(seed.slice(0, 20));
  });

  test.each([
    USER.publicKey,
    `account ${ACCOUNT.publicKey} on server NAQ`,
    "nothing to hide here: SUBSCRIPTIONS, NATSOperatorAccountResources, eyJ",
    "-- not a block --",
    "",
  ])("leaves %j", (text) => {
    expect(redact(text)).toBe(text);
  });

  test("leaves public keys that have a seed's letters inside", () => {
    const key = Array.from({ length: 200 }, (_, i) => fixedKey("account", i).publicKey).find(
      (text) => /S[OAUXNC][A-Z0-9]{18}/.test(text),
    );
    expect(key).toBeDefined();
    expect(redact(`account ${key}`)).toBe(`account ${key}`);
  });

  test("is quick on long text", () => {
    const start = performance.now();
    for (const piece of [
      "-",
      "---BEGIN ",
      "-----BEGIN x---",
      "--- END ",
      "eyJ.",
      "eyJ",
      "SU",
      "Sa",
      "sa2",
    ]) {
      redact(piece.repeat(50_000));
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
