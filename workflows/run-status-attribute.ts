/** The search attribute that tells people who look into Temporal where a run is. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../contracts/messages.js';
import type { RunStatus } from '../contracts/runs.js';

const key = defineSearchAttributeKey(searchAttributes.runStatus, 'KEYWORD');

export class RunStatusAttribute {
  constructor(private current: RunStatus) {}

  /** Each change is an event of the history: only what is one is written. */
  set(status: RunStatus): void {
    if (status === this.current) return;
    this.current = status;
    upsertSearchAttributes([{ key, value: status }]);
  }
}
