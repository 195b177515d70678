import type { Export } from "../claims/index";

/** The monitoring exports that nsc gives a system account: every account may import its own numbers. */
export const systemExports: Export[] = [
  {
    name: "account-monitoring-services",
    service: "$SYS.REQ.ACCOUNT.*.*",
    responseType: "stream",
    accountTokenPosition: 4,
    description:
      "Request account specific monitoring services for: SUBSZ, CONNZ, LEAFZ, JSZ and INFO",
    infoUrl: "https://docs.nats.io/nats-server/configuration/sys_accounts",
  },
  {
    name: "account-monitoring-streams",
    stream: "$SYS.ACCOUNT.*.>",
    accountTokenPosition: 3,
    description: "Account specific monitoring stream",
    infoUrl: "https://docs.nats.io/nats-server/configuration/sys_accounts",
  },
];
