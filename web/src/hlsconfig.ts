import type { HlsConfig, LoadPolicy } from 'hls.js';

/**
 * A broadcaster may be gone for a minute. Meanwhile playlists answer 503, hang or
 * stay the same, so each request is repeated patiently but never slower than every
 * four seconds: the picture should be back soon after the broadcaster is.
 */
function patient(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoadPolicy {
  const retry = { maxNumRetry: 40, retryDelayMs: 1000, maxRetryDelayMs: 4000, backoff: 'linear' as const };
  return {
    default: {
      maxTimeToFirstByteMs,
      maxLoadTimeMs,
      timeoutRetry: { ...retry, retryDelayMs: 0 },
      errorRetry: retry,
    },
  };
}

/** How far behind the edge to play stays at the library's defaults: the server's hold-back values decide. */
export const hlsConfig: Partial<HlsConfig> = {
  lowLatencyMode: true,
  manifestLoadPolicy: patient(8000, 10_000),
  playlistLoadPolicy: patient(10_000, 15_000),
  fragLoadPolicy: patient(10_000, 30_000),
};
