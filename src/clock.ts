/** The only place that turns the machine's clock into times of tokens; everything below it gets them as parameters. */

/** This moment in unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Two different JWTs of one second never converge between servers: each is a second newer than any before. */
export function nextIssueTime(...known: (number | undefined)[]): number {
  return Math.max(now(), ...known.map((iat) => (iat === undefined ? 0 : iat + 1)));
}
