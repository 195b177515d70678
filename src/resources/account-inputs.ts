/** Accounts as nested inputs of their users. */
import * as pulumi from "@pulumi/pulumi";
import { type Authority, writeAuthority } from "../authority-text";
import type { Duration } from "../claims/index";
import { field, follow, publicField } from "./handle-fields";
import type { OperatorHandle } from "./handles";
import { type SignerInputs, signerInputs } from "./key-inputs";
import { operatorInputs, serverInputs } from "./operator-inputs";

/** What a user needs of its account: who signs, and what revokes. */
export interface AccountInputs {
  publicKey: pulumi.Input<string>;
  name?: pulumi.Input<string> | undefined;
  signer: SignerInputs;
  /** Where no authority says it: whether servers refuse what the account's identity key signed. */
  requireSigningKeys?: pulumi.Input<boolean | undefined> | undefined;
  /** Longest lifetime of a token. */
  maxUserLifetime?: pulumi.Input<Duration | undefined> | undefined;
  /** Whether warnings are errors. */
  strict?: pulumi.Input<boolean | undefined> | undefined;
  /** Tags of the account, for the check of a role alone: they are no input. */
  tags?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * The operator and the servers, as one secret text. Users only keep it for their deletion, and the account
   * shows it in the open: every part of it would weigh on each user's state and each preview.
   */
  authority?: pulumi.Output<string | undefined> | undefined;
}

/** Nested inputs of an account handle, for its users. */
export function accountInputs(handle: unknown): AccountInputs {
  const operator = follow(handle, [field("operator")]);
  return {
    publicKey: publicField(handle, field("publicKey")) as pulumi.Input<string>,
    name: publicField(handle, field("name")),
    signer: signerInputs(handle),
    requireSigningKeys: publicField(handle, field("requireSigningKeys")) as never,
    maxUserLifetime: publicField(handle, field("maxUserLifetime")) as never,
    strict: publicField(handle, field("strict")) as never,
    authority:
      operator === undefined
        ? undefined
        : (pulumi
            .output(operator as OperatorHandle | undefined)
            .apply(authorityOf) as pulumi.Output<string | undefined>),
  };
}

function authorityOf(operator: OperatorHandle | undefined): pulumi.Output<string> | undefined {
  if (!operator) return undefined;
  return authorityInput({ operator: operatorInputs(operator), server: serverInputs(operator) });
}

/** What changes an account on its servers, as the secret text that its users keep. */
export function authorityInput(authority: Authority): pulumi.Output<string> {
  return pulumi.secret(pulumi.output(authority)).apply(writeAuthority);
}
