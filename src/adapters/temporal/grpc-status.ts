/** What a failed call to Temporal means, by its gRPC status. Source of the codes: gRPC status codes guide. */
import { isGrpcServiceError } from '@temporalio/client';

const NOT_FOUND = 5;

export const isNotFound = (error: unknown): boolean =>
  isGrpcServiceError(error) && error.code.valueOf() === NOT_FOUND;
