/** Whether payloads are sealed: the sandbox sees no settings, and its worker says it in front of the bundle. */
import { SEALING, type Sealing } from '../contracts/sealing.js';

export const sealing = (): Sealing | undefined => (globalThis as { [SEALING]?: Sealing })[SEALING];
