/** How event streams behave; all times in milliseconds. */
export interface StreamOptions {
  /** Between two comments on a quiet stream. */
  heartbeatMs: number;
  /** Between two looks into the log while the bus is not healthy. */
  pollMs: number;
  /** The same while it is, for a message that was lost unnoticed; of a quiet run up to eight times as long. */
  safetyPollMs: number;
  /** What clients are told to wait before they come back. */
  retryMs: number;
  /** Bytes that a slow reader may leave unread before the stream waits for it. */
  maxBufferedBytes: number;
  /** How long the stream waits for a slow reader before it closes. */
  slowReaderMs: number;
  /** Between two looks whether the API key that a long answer was asked for with still counts. */
  recheckMs: number;
  /** Streams that one tenant may have open in this process; null for no limit. */
  maxOfTenant: number | null;
}

export const defaultStreams: StreamOptions = {
  heartbeatMs: 15_000,
  pollMs: 1_000,
  safetyPollMs: 8_000,
  retryMs: 1_000,
  maxBufferedBytes: 1_000_000,
  slowReaderMs: 30_000,
  recheckMs: 60_000,
  maxOfTenant: null,
};
