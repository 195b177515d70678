// Revokes users of an account, as the delete hooks of one `up` do. The work comes as JSON on standard input; a line on
// standard output says that it is ready, and the work begins with a line on standard input.
import { createInterface } from "node:readline";
import { closeConnections, revokeUser } from "pulumi-nats-auth/resolver";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { address, users, issuedAt } = JSON.parse((await lines.next()).value);
console.log("ready");
await lines.next();
// As many at once as an engine with `--parallel 8` runs.
const queue = [...users];
const work = async () => {
  for (let user = queue.shift(); user !== undefined; user = queue.shift()) {
    const result = await revokeUser({ ...address, log: console.error }, user, issuedAt);
    if (result !== "revoked") throw new Error(`${user}: ${result}`);
    console.log("revoked");
  }
};
await Promise.all(Array.from({ length: 8 }, work));
await closeConnections();
process.exit(0);
