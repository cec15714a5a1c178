/** Decides after each step how the run goes on. */
import type { SuperviseInput, SuperviseResult } from '../../contracts/activities.js';

export interface Supervisor {
  decide(input: Pick<SuperviseInput, 'step' | 'error' | 'dependants'>): Promise<SuperviseResult>;
}
