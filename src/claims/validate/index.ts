/** Validation: every problem of an input at once, as issues with a path; nothing throws, nothing is changed. */

export { type AccountContext, validateAccount } from "./account";
export { validateActivation } from "./activation";
export { validateAuthorizationRequest, validateAuthorizationResponse } from "./authorization";
export { validateGeneric } from "./generic";
export { validateOperator } from "./operator";
export { validateUser } from "./user";
