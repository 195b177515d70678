/** Stable codes of everything this library throws; the wording of messages may change, a code does not. */
export type ErrorCode =
  | "ERR_INPUT" // an input was refused
  | "ERR_KEY" // a key is malformed, of the wrong kind, or the wrong half
  | "ERR_TOKEN" // a JWT could not be read or its signature does not fit
  | "ERR_UNREACHABLE" // no server answered within the bound
  | "ERR_UNAUTHORIZED" // the servers refused our system user
  | "ERR_INCOMPLETE" // some servers did not confirm
  | "ERR_REJECTED" // a server refused what we sent
  | "ERR_UNTRUSTED" // a server does not trust the signer
  | "ERR_NO_RESOLVER" // the servers keep no accounts that can be pushed to
  | "ERR_AUTHORITY" // a key that is needed for this was not given
  | "ERR_LOCAL_SERVER" // the development server did not start
  | "ERR_FILE" // a file could not be read or written
  | "ERR_TLS" // no TLS connection could be made
  | "ERR_CONFLICT" // somebody else changed an account
  | "ERR_IN_USE"; // an account is still needed

/** An error of this library: what it is about, why, and what to do next. Messages never hold a seed, creds or token. */
export class NatsAuthError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NatsAuthError";
    this.code = code;
  }
}
