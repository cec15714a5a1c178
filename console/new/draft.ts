/** A run that is being written: what the form holds, and what it would send. */
import type { SubmitRun } from 'perdure/client';

export interface DraftStep {
  /** Of the form; the step's own id may be changed. */
  key: number;
  id: string;
  title: string;
  tool: string;
  args: Readonly<Record<string, unknown>>;
  dependsOn: readonly string[];
  approval: boolean;
  onFailure: 'stop' | 'continue';
}

export interface DraftFile {
  path: string;
  bytes: number;
  contentBase64: string;
}

export const approvalPolicies = ['', 'never', 'plan', 'irreversible', 'all'] as const;

export interface Draft {
  goal: string;
  agent: string;
  hasPlan: boolean;
  steps: readonly DraftStep[];
  files: readonly DraftFile[];
  metadata: string;
  approvals: (typeof approvalPolicies)[number];
  budget: {
    maxSteps: string;
    maxTokens: string;
    maxCostUsd: string;
    maxSeconds: string;
    onExhausted: 'fail' | 'pause';
  };
}

export const emptyDraft: Draft = {
  goal: '',
  agent: '',
  hasPlan: true,
  steps: [],
  files: [],
  metadata: '',
  approvals: '',
  budget: { maxSteps: '', maxTokens: '', maxCostUsd: '', maxSeconds: '', onExhausted: 'fail' },
};

/** What is empty is left out: the server has its own word for it. */
export function submissionOf(draft: Draft): SubmitRun {
  const metadata = Object.fromEntries(
    draft.metadata
      .split('\n')
      .map((line) => line.split('='))
      .flatMap(([name = '', ...value]) =>
        name.trim() === '' ? [] : [[name.trim(), value.join('=').trim()]],
      ),
  ) as Record<string, string>;
  const { onExhausted, ...limits } = draft.budget;
  const given = Object.entries(limits).filter(([, limit]) => limit.trim() !== '');
  return {
    goal: draft.goal.trim(),
    ...(draft.agent === '' ? {} : { agent: draft.agent }),
    ...(draft.hasPlan ? { plan: { steps: draft.steps.map(stepOf) } } : {}),
    ...(draft.files.length === 0
      ? {}
      : { inputs: { files: draft.files.map(({ path, contentBase64 }) => ({ path, contentBase64 })) } }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(draft.approvals === '' ? {} : { approvals: draft.approvals }),
    ...(given.length === 0
      ? {}
      : {
          budget: { ...Object.fromEntries(given.map(([name, limit]) => [name, Number(limit)])), onExhausted },
        }),
  };
}

export const stepOf = ({ id, title, tool, args, dependsOn, approval, onFailure }: DraftStep) => ({
  id,
  ...(title.trim() === '' ? {} : { title: title.trim() }),
  tool,
  args: Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as never,
  ...(dependsOn.length === 0 ? {} : { dependsOn: [...dependsOn] }),
  ...(approval ? { approval: true as const } : {}),
  ...(onFailure === 'stop' ? {} : { onFailure }),
});

/** The same request for a terminal. */
export function curlOf(origin: string, submission: SubmitRun, signsIn: boolean): string {
  const body = JSON.stringify(submission, null, 2);
  const command = [
    `curl ${origin}/v1/runs`,
    ...(signsIn ? ['-H "authorization: Bearer $PERDURE_TOKEN"'] : []),
    "-H 'content-type: application/json'",
    // By its input: files make it longer than an argument may be, and no quote in it means anything to the shell.
    "--data-binary @- <<'JSON'",
  ].join(' \\\n  ');
  return `${command}\n${body}\nJSON`;
}

/** Steps of a plan as JSON, as somebody has pasted it. @throws Error in a sentence */
export function stepsOf(json: unknown, nextKey: () => number): DraftStep[] {
  const steps = (json as { steps?: unknown } | null)?.steps ?? json;
  if (!Array.isArray(steps)) throw new Error('A plan is {"steps": [...]}, or a list of steps.');
  return steps.map((given: unknown, i) => {
    if (typeof given !== 'object' || given === null) throw new Error(`Step ${i + 1} is no object.`);
    const step = given as Partial<Record<keyof DraftStep, unknown>>;
    return {
      key: nextKey(),
      id: typeof step.id === 'string' ? step.id : `step-${i + 1}`,
      title: typeof step.title === 'string' ? step.title : '',
      tool: typeof step.tool === 'string' ? step.tool : 'echo',
      args: typeof step.args === 'object' && step.args !== null ? (step.args as DraftStep['args']) : {},
      dependsOn: Array.isArray(step.dependsOn) ? step.dependsOn.map(String) : [],
      approval: step.approval !== undefined && step.approval !== false,
      onFailure: step.onFailure === 'continue' ? 'continue' : 'stop',
    };
  });
}
