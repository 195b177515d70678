import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { NatsAuthError } from "../errors";
import { showLinesOfProgram } from "./call-site";

/** Kinds of resources, with the names that their hooks have in `pulumi-nats-auth/lifecycle`. */
const hooks = {
  KeyPair: "keyPair",
  SigningKey: "signingKey",
  RetiredKeys: "retiredKeys",
  Operator: "operator",
  Account: "account",
  User: "user",
  Activation: "activation",
  ResolverConfig: "resolverConfig",
  LocalServer: "localServer",
} as const;

/** The kind of a resource: the last part of its type token. */
export type Kind = keyof typeof hooks;

/**
 * What states keep and old states run on delete, so it never changes. It names the hooks instead of
 * holding them: a serialized closure costs kilobytes in every resource and breaks in hoisted installs.
 */
function providerText(kind: Kind): string {
  return `exports.handler = () => require("pulumi-nats-auth/lifecycle").${hooks[kind]};`;
}

/**
 * Base class of all resources. They are dynamic resources, served by Pulumi's own `pulumi-nodejs`
 * provider: nothing but this package is to be installed.
 */
export abstract class NatsResource extends pulumi.CustomResource {
  /** @internal Marks resources of this library, whichever copy of it made them. */
  readonly __natsAuthKind: Kind;
  /** @internal Its name in the program. */
  readonly __name: string;

  protected constructor(
    kind: Kind,
    name: string,
    inputs: pulumi.Inputs,
    /** `hidden` are secrets that a state may hold although the program asks for none of them. */
    outputs: {
      plain?: readonly string[];
      secret?: readonly string[];
      hidden?: readonly string[];
    },
    opts: pulumi.CustomResourceOptions,
  ) {
    assertResolvable();
    const { plain = [], secret = [], hidden = [] } = outputs;
    const made = Object.fromEntries([...plain, ...secret].map((output) => [output, undefined]));
    const registered = showLinesOfProgram();
    try {
      super(
        `pulumi-nodejs:dynamic/nats:${kind}`,
        name,
        { ...made, ...given(inputs), __provider: providerText(kind) },
        pulumi.mergeOptions(opts, { additionalSecretOutputs: [...secret, ...hidden] }),
      );
    } finally {
      registered();
    }
    this.__natsAuthKind = kind;
    this.__name = name;
  }
}

/** Without what is not given: the SDK keeps promises for every name, also for those without a value. */
function given(inputs: pulumi.Inputs): pulumi.Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
}

/** Whether a value is a resource of this library of the given kind, also when another copy of it made it. */
export function isKind(value: unknown, kind: Kind): boolean {
  return (value as { __natsAuthKind?: unknown } | null | undefined)?.__natsAuthKind === kind;
}

let resolvable = false;

/** The provider loads the hooks from the folder of the program; without this the error would be a stack trace at `up`. */
function assertResolvable(): void {
  if (resolvable) return;
  try {
    createRequire(join(process.cwd(), "program")).resolve("pulumi-nats-auth/lifecycle");
    resolvable = true;
  } catch (cause) {
    throw new NatsAuthError(
      "ERR_INPUT",
      `the package pulumi-nats-auth cannot be found from ${process.cwd()}, where Pulumi runs its resources; ` +
        "run `npm install pulumi-nats-auth` in that project itself (a wrapper package that has it does not suffice)",
      { cause },
    );
  }
}
