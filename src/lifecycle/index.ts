/**
 * The hooks that resources run. States name them in their provider text
 * (`require("pulumi-nats-auth/lifecycle").account`), and old states run them on delete: names here are
 * never removed or changed.
 */
import { accountLifecycle } from "./account";
import { activationLifecycle } from "./activation";
import { endWithEngine } from "./end-with-engine";
import { toProvider } from "./hooks";
import { keyLifecycle } from "./key-pair";
import { localServerLifecycle } from "./local-server";
import { operatorLifecycle } from "./operator";
import { resolverConfigLifecycle } from "./resolver-config";
import { retiredKeysLifecycle } from "./retired-keys";
import { userLifecycle } from "./user";

endWithEngine();

/** Hooks of `KeyPair`. */
export const keyPair = toProvider(
  keyLifecycle(["operator", "account", "user", "curve"], ["curve"]),
);
/** Hooks of `SigningKey`. */
export const signingKey = toProvider(
  keyLifecycle(["operator", "account"], ["operator", "account"]),
);
/** Hooks of the keys that a `SigningKey` had before. */
export const retiredKeys = toProvider(retiredKeysLifecycle);
/** Hooks of `Operator`. */
export const operator = toProvider(operatorLifecycle);
/** Hooks of `Account`. */
export const account = toProvider(accountLifecycle);
/** Hooks of `User`. */
export const user = toProvider(userLifecycle);
/** Hooks of `Activation`. */
export const activation = toProvider(activationLifecycle);
/** Hooks of `ResolverConfig`. */
export const resolverConfig = toProvider(resolverConfigLifecycle);
/** Hooks of `LocalServer`. */
export const localServer = toProvider(localServerLifecycle);
