/** The only folder that knows wire names (`mem_storage`, `conn`): claims to the `nats` object of a token, and back. */

export { accountBody, accountFromWire } from "./account";
export { activationBody, activationFromWire } from "./activation";
export {
  authorizationRequestBody,
  authorizationRequestFromWire,
  authorizationResponseBody,
  authorizationResponseFromWire,
} from "./authorization";
export { NO_LIMIT, type WireClaims } from "./common";
export { type Layout, layoutOf, sortBody } from "./layout";
export { operatorBody, operatorFromWire } from "./operator";
export { revocationsOf, withRevocations } from "./revocations";
export { userBody, userFromWire } from "./user";
