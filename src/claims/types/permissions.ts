import type { Duration } from "./values";

/** Subjects that may be used, and those that may not. A bare list means `allow`. */
export interface SubjectRules {
  /** Subjects that are allowed. Absent or empty: all subjects that `deny` does not name. */
  allow?: string[] | undefined;
  /** Subjects that are denied; a denial wins over `allow`. Default: none. */
  deny?: string[] | undefined;
}

/** Allows answers to requests without naming their reply subjects. */
export interface ResponsePermissions {
  /** How many messages may answer one request; a count. Default: 1. */
  max?: number | undefined;
  /** For how long after the request an answer may be sent. Default: 2 minutes (the server's). */
  ttl?: Duration | undefined;
}

/** What a user may publish and subscribe to. Absent parts allow everything. */
export interface Permissions {
  /** Subjects that may be published to. Default: all. */
  publish?: string[] | SubjectRules | undefined;
  /** Subjects that may be subscribed to, each optionally with a queue group (`"orders.> workers"`). Default: all. */
  subscribe?: string[] | SubjectRules | undefined;
  /** Allows answers to requests; when set and `publish` allows nothing by name, only answers may be published (server `auth.go`). */
  responses?: ResponsePermissions | undefined;
}
