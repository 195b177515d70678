/** Rules of texts with a form of their own: addresses, networks, times of day, zones. Each says what is wrong as a phrase. */

import { hasControls } from "./subject";

/** Most bytes of a description or an info address (Go `types.go:MaxInfoLength`). */
const MAX_INFO_LENGTH = 8 * 1024;

/** What is wrong with a description. */
export function descriptionProblem(text: string): string | undefined {
  return Buffer.byteLength(text) > MAX_INFO_LENGTH
    ? `is longer than ${MAX_INFO_LENGTH} bytes`
    : undefined;
}

/** What is wrong with an address that needs a scheme and a host. */
export function infoUrlProblem(text: string): string | undefined {
  const url = parseUrl(text);
  if (url === undefined || url.hostname === "") {
    return 'is no web address with scheme and host, such as "https://example.com/docs"';
  }
  return descriptionProblem(text);
}

/** What is wrong with the address of an account server: any scheme will do. Of NATS servers a list with commas, as clients take it. */
export function accountServerUrlProblem(text: string): string | undefined {
  const urls = /^(?:nats|tls|wss?):/i.test(text) ? text.split(",") : [text];
  return urls.every((url) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(url) && parseUrl(url) !== undefined)
    ? undefined
    : 'is no address with a scheme, such as "nats://127.0.0.1:4222"';
}

/** Whether an address carries a user or password: operator JWTs are public. */
export function hasUserInfo(text: string): boolean {
  return /\/\/[^/?#,]*@/.test(text);
}

/** What is wrong with an address that clients connect to (Go `ValidateOperatorServiceURL`). */
export function serviceUrlProblem(text: string): string | undefined {
  const match = /^(?:nats|tls|ws|wss):\/\/([^/?#]+)(.*)$/i.exec(text);
  if (match === null || parseUrl(text) === undefined) {
    return 'is no address with the scheme nats, tls, ws or wss, such as "tls://nats.example.com:4222"';
  }
  if (match[1]?.includes("@")) return "carries a user or password";
  return match[2] === "" ? undefined : "has a path; give scheme, host and port only";
}

function parseUrl(text: string): URL | undefined {
  // What WHATWG repairs silently and Go refuses.
  if (hasControls(text) || /\s/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** What is wrong with the version of a server (Go `ParseServerVersion`). */
export function versionProblem(text: string): string | undefined {
  return /^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(text)
    ? undefined
    : 'is no version of three numbers, such as "2.10.0"';
}

/** What is wrong with a network in CIDR notation. */
export function cidrProblem(text: string): string | undefined {
  const match = /^([0-9A-Fa-f.:]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const [, address, bits] = match ?? [];
  const most =
    address === undefined ? 0 : address.includes(":") ? ipv6Bits(address) : ipv4Bits(address);
  return most === 0 || Number(bits) > most
    ? 'is no network in CIDR notation, such as "10.0.0.0/8" or "2001:db8::/32"'
    : undefined;
}

function ipv4Bits(address: string): number {
  const byte = "(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])";
  return new RegExp(`^${byte}(?:\\.${byte}){3}$`).test(address) ? 32 : 0;
}

function ipv6Bits(address: string): number {
  return URL.canParse(`http://[${address}]/`) ? 128 : 0;
}

/** What is wrong with a time of day. */
export function timeOfDayProblem(text: string): string | undefined {
  return /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(text)
    ? undefined
    : 'is no time of day such as "09:30:00"';
}

/** What is wrong with a time zone. Servers look for a file of that name, so letters must have the right case. */
export function timeZoneProblem(text: string): string | undefined {
  const advice = 'is no IANA time zone such as "Europe/Zurich"';
  // Offsets are no zones to Go.
  if (!/^[A-Za-z]/.test(text)) return advice;
  let known: string;
  try {
    known = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    // How Intl says that it does not know the zone.
    return advice;
  }
  if (known !== text && known.toLowerCase() === text.toLowerCase()) return `is written ${known}`;
  return undefined;
}
