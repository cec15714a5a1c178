/** Bounds how long somebody waits for a promise; the work itself goes on unheard. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * @param within how the time is told
 * @throws DeadlineError after `ms` milliseconds
 */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  ms: number,
  within = `${ms} ms`,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`no answer within ${within}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
