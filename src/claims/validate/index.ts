/** Validation: every problem of an input at once, as issues with a path; nothing throws, nothing is changed. */

export { validateAccount } from "./account";
export { validateOperator } from "./operator";
export { validateUser } from "./user";
