/** How a workflow's failures are written: where payloads are sealed, message and stack go into one. */
import { DefaultFailureConverter, type FailureConverter } from '@temporalio/common';
import { sealing } from './sealing.js';

const inTheClear = new DefaultFailureConverter();
const sealed = new DefaultFailureConverter({ encodeCommonAttributes: true });

export const failureConverter: FailureConverter = {
  errorToFailure: (error, payloads, context) =>
    (sealing() === undefined ? inTheClear : sealed).errorToFailure(error, payloads, context),
  failureToError: (failure, payloads, context) => inTheClear.failureToError(failure, payloads, context),
};
