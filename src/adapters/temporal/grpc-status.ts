/** What a failed call to Temporal means, by its gRPC status. Source of the codes: gRPC status codes guide. */
import { isGrpcServiceError } from '@temporalio/client';

const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

export const isNotFound = (error: unknown): boolean =>
  isGrpcServiceError(error) && error.code.valueOf() === NOT_FOUND;

/** Of an update: the run's workflow task has failed, or was lost, and is to be tried again first. */
export const isFailedPrecondition = (error: unknown): boolean =>
  serviceErrorOf(error)?.code === FAILED_PRECONDITION;

/** What Temporal answered, where that failed a call: Temporal's client wraps some of it. */
export function serviceErrorOf(
  error: unknown,
): { code: number; details: string; message: string } | undefined {
  const service = isGrpcServiceError(error) ? error : error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(service) ? service : undefined;
}
