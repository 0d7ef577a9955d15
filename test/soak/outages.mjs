// When the lookup is down. The application and its clients use the same clock, so both know it without a message.
import { setTimeout as sleep } from 'node:timers/promises';

/** The lookup is down for three seconds of every minute. */
const PERIOD_MS = 60_000;
const OUTAGE_MS = 3000;
/** How late timers are on a busy machine. */
const LATE_MS = 5000;

/** Whether the lookup is down at a time, by `Date.now()`. */
export const isDown = (time) => time % PERIOD_MS < OUTAGE_MS;

/** Every other outage is silent: calls do not fail, they never settle. */
export const isSilent = (time) => Math.floor(time / PERIOD_MS) % 2 === 1;

/** Whether a request that was sent and got its response at these times may have met an outage. */
export function mayMeetOutage(sentAt, receivedAt) {
  // A call of the lookup that began in an outage may be shared until it times out.
  const from = sentAt - LOOKUP_TIMEOUT_MS - LATE_MS;
  return (
    isDown(from) ||
    Math.floor(from / PERIOD_MS) < Math.floor(receivedAt / PERIOD_MS)
  );
}

/** Waits until the lookup is not down, and no call from an outage is under way. */
export async function recovery() {
  while (mayMeetOutage(Date.now(), Date.now())) await sleep(100);
}

/** Longer than a busy machine makes a call take. */
export const LOOKUP_TIMEOUT_MS = 3000;
