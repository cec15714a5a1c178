/** How many event streams each tenant has open in this process, and may have: each can leave much unread in its memory. */
import { Refusal } from './refusal.js';

/** Nobody can tell when a stream will end; so many seconds later it is worth another try. */
const RETRY = 10;

export class OpenStreams {
  private readonly open = new Map<string, number>();

  constructor(private readonly mostOfTenant: number | null) {}

  /** @throws PerdureError `stream_limit_reached` */
  requireRoom(tenantId: string): void {
    if (this.mostOfTenant === null || (this.open.get(tenantId) ?? 0) < this.mostOfTenant) return;
    throw new Refusal(
      'stream_limit_reached',
      `${this.mostOfTenant} event streams are open, and no more may be`,
      { headers: {}, retryAfterSeconds: RETRY },
    );
  }

  add(tenantId: string): void {
    this.open.set(tenantId, (this.open.get(tenantId) ?? 0) + 1);
  }

  remove(tenantId: string): void {
    const left = (this.open.get(tenantId) ?? 0) - 1;
    if (left > 0) this.open.set(tenantId, left);
    else this.open.delete(tenantId);
  }
}
