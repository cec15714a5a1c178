/** What went wrong is sealed as well: its message and stack go into a payload. Temporal's SDK loads this by its path. */
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
