/**
 * Told once, before any workflow begins: the SDK takes a stack trace for each promise, for its query of where a workflow
 * stands, and maps each line of it to the sources. That was a quarter of the CPU of a workflow's thread. The line where an
 * error was made is enough: what a run waits for is told by its log and by `why`.
 */
// V8's own; the types of a workflow know only the language's.
// Where this is not loaded before all workflows, it is frozen by now.
if (!Object.isFrozen(Error)) Object.assign(Error, { stackTraceLimit: 1 });
