/**
 * The model of NATS claims in the operator's language. Wire names (`mem_storage`, `conn`) are known to
 * `wire/` alone. Two rules hold everywhere: a limit that is absent is no limit, and zero means zero.
 */

export type * from "./account";
export type * from "./activation";
export type * from "./authorization";
export type * from "./common";
export type * from "./issue";
export type * from "./operator";
export type * from "./permissions";
export type * from "./sharing";
export type * from "./user";
export type * from "./values";
