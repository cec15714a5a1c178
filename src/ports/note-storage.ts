/** What a run's files take up, counted and noted for its tenant's limit. */
import type { Admission } from './admission.js';
import type { Workspace, WorkspaceScope } from './workspace.js';

/** Perdure's own folder counts too. @throws what the workspace and the database throw */
export async function noteStorage(
  workspace: Pick<Workspace, 'list'>,
  admission: Pick<Admission, 'recordStorage'>,
  scope: WorkspaceScope,
): Promise<void> {
  const files = await workspace.list(scope, { system: true });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  await admission.recordStorage(scope.tenantId, scope.runId, bytes);
}
