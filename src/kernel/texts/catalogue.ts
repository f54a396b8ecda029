import { cliTexts } from "./cli.ts";
import { commandTexts } from "./commands.ts";
import { configTexts } from "./config.ts";
import { diskTexts } from "./disk.ts";
import { gatewayCompaniesTexts } from "./gateway-companies.ts";
import { gatewayInboxTexts } from "./gateway-inbox.ts";
import { gatewayQueueTexts } from "./gateway-queue.ts";
import { gatewayCallsTexts } from "./gateway-calls.ts";
import { gatewayCallbacksTexts } from "./gateway-callbacks.ts";
import { gatewayBookingsTexts } from "./gateway-bookings.ts";
import { gatewayBreakersTexts } from "./gateway-breakers.ts";
import { gatewayChecksTexts } from "./gateway-checks.ts";
import { generalTexts } from "./general.ts";
import { playbookTexts } from "./playbooks.ts";
import { probeDataTexts } from "./probes-data.ts";
import { probeHostTexts } from "./probes-host.ts";
import { probeNetworkTexts } from "./probes-network.ts";
import { responderTexts } from "./responder.ts";
import { sandboxTexts } from "./sandbox.ts";
import { storeTexts } from "./store.ts";
import { switchTexts } from "./switches.ts";
import { triageTexts } from "./triage.ts";

/** Every sentence an operator can read, in German and English side by side. `{name}` is a value. */
export const catalogue = {
  ...gatewayCompaniesTexts,
  ...gatewayInboxTexts,
  ...gatewayQueueTexts,
  ...gatewayCallsTexts,
  ...gatewayCallbacksTexts,
  ...gatewayBookingsTexts,
  ...gatewayBreakersTexts,
  ...gatewayChecksTexts,
  ...generalTexts,
  ...cliTexts,
  ...commandTexts,
  ...configTexts,
  ...diskTexts,
  ...playbookTexts,
  ...probeDataTexts,
  ...probeHostTexts,
  ...probeNetworkTexts,
  ...responderTexts,
  ...sandboxTexts,
  ...storeTexts,
  ...switchTexts,
  ...triageTexts,
} as const;
