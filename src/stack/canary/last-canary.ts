/** What the canary has last told its meter, for whoever asks later. */
import type { CanaryState } from '../../../contracts/system.js';
import type { CanaryMeter } from '../../ports/meters.js';

export interface LastCanary {
  /** The same meter, which is listened to from now on. */
  heardBy(meter: CanaryMeter): CanaryMeter;
  state(): CanaryState | null;
}

/** @param everySeconds null where none is sent */
export function createLastCanary(everySeconds: number | null): LastCanary {
  let last: CanaryState['last'] = null;
  return {
    heardBy: (meter) => ({
      ran(canary) {
        meter.ran(canary);
        last = { at: new Date().toISOString(), works: canary.works, hops: [...canary.hops] };
      },
    }),
    state: () => (everySeconds === null ? null : { everySeconds, last }),
  };
}
