/** Validation: every problem of an input at once, as issues with a path; nothing throws, nothing is changed. */

export { type AccountContext, validateAccount } from "./account";
export { validateActivation } from "./activation";
export { validateAuthorizationRequest, validateAuthorizationResponse } from "./authorization";
export { validateGeneric } from "./generic";
export { type ImportCycle, importCycles } from "./import-cycles";
export { type Exporter, exportsOf, type Importer, importProblems } from "./import-problems";
export { validateOperator } from "./operator";
export { templateProblems } from "./template-problems";
export { type ServerLimits, sizeProblems, timeProblems } from "./token-problems";
export { validateUser } from "./user";
