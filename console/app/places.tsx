/** The pages that the way around names. */
import {
  Bot,
  CalendarClock,
  CircleCheckBig,
  KeyRound,
  Rows3,
  ScrollText,
  ServerCog,
  Wrench,
  type LucideIcon,
} from 'lucide-react';
import type { ComponentType } from 'react';
import { PendingCount } from '../lists/pending-count.js';

export interface Place {
  to: '/' | '/approvals' | '/schedules' | '/agents' | '/tools' | '/system' | '/api-keys' | '/audit';
  name: string;
  icon: LucideIcon;
  /** What waits there. */
  Count?: ComponentType;
  /** After "g". */
  key: string;
}

export const places: readonly Place[] = [
  { to: '/', name: 'Runs', icon: Rows3, key: 'r' },
  { to: '/approvals', name: 'Approvals', icon: CircleCheckBig, Count: PendingCount, key: 'a' },
  { to: '/schedules', name: 'Schedules', icon: CalendarClock, key: 'c' },
  { to: '/agents', name: 'Agents', icon: Bot, key: 'e' },
  { to: '/tools', name: 'Tools', icon: Wrench, key: 't' },
  { to: '/system', name: 'System', icon: ServerCog, key: 's' },
  { to: '/api-keys', name: 'API keys', icon: KeyRound, key: 'k' },
  { to: '/audit', name: 'Audit log', icon: ScrollText, key: 'l' },
];
