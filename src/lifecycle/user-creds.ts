/** The creds of a user as a file. */
import { decodeToken } from "../claims/index";
import { formatCreds, parseCreds } from "../keys/index";
import { assertOurs, ensureFile, removeFile } from "./files";
import { HalfDone, type Properties } from "./hooks";
import { accountOf } from "./user-inputs";

/** Only the owner may read creds. */
const credsMode = 0o600;

function credsOf(outs: Properties): string {
  return formatCreds(outs["jwt"] as string, outs["seed"] as string);
}

/** Creds of a user that the same account signed: an earlier try of ours, or a user that was renamed. */
function isOfSameAccount(text: string, outs: Properties): boolean {
  try {
    const { iss, nats } = decodeToken(parseCreds(text).jwt);
    const account = accountOf(outs);
    return [iss, nats["issuer_account"]].includes(account.publicKey);
  } catch {
    return false; // no creds at all
  }
}

/** Brings the creds file in line; when that fails, the token it was to hold is not lost, nor what was still to be done. */
export function withFile(olds: Properties, outs: Properties, todo: Properties = {}): Properties {
  const [before, path] = [olds["credsPath"], outs["credsPath"]] as (string | undefined)[];
  try {
    if (path !== undefined) {
      assertOurs(path, (text) => isOfSameAccount(text, outs));
      ensureFile(path, credsOf(outs), credsMode);
    }
    if (before !== undefined && before !== path) removeFile(before, credsOf(olds));
    return outs;
  } catch (error) {
    throw new HalfDone(
      outs["publicKey"] as string,
      { ...outs, ...todo, pending: "the creds file was not written" },
      error,
    );
  }
}

/** Removes the file with the user. */
export function removeCreds(outs: Properties): void {
  const path = outs["credsPath"] as string | undefined;
  if (path !== undefined) removeFile(path, credsOf(outs));
}
