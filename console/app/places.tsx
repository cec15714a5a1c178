/** The pages that the way around names. */
import { Rows3, type LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';

export interface Place {
  to: '/';
  name: string;
  icon: LucideIcon;
  /** What waits there. */
  Count?: ComponentType;
  /** After "g". */
  key: string;
}

export const places: readonly Place[] = [{ to: '/', name: 'Runs', icon: Rows3, key: 'r' }];
