import type { HlsConfig, LoadPolicy } from 'hls.js';
import { timelineController } from './cea608';
import { contentSteeringController } from './contentsteering';
import { shouldRetry } from './retry';

/**
 * A broadcaster may be gone for a minute, and the server restarted. Meanwhile playlists
 * answer 503, hang or stay the same, or nobody answers, so each request is repeated
 * every second: the picture should be back soon after the broadcaster is.
 */
function patient(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoadPolicy {
  const retry = { maxNumRetry: 40, retryDelayMs: 1000, maxRetryDelayMs: 4000, backoff: 'linear' as const, shouldRetry };
  return {
    default: {
      maxTimeToFirstByteMs,
      maxLoadTimeMs,
      timeoutRetry: { ...retry, retryDelayMs: 0 },
      errorRetry: retry,
    },
  };
}

/** A recording is there or it is not; waiting longer would only hide that from the viewer. */
function brisk(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoadPolicy {
  const retry = { maxNumRetry: 3, retryDelayMs: 1000, maxRetryDelayMs: 4000 };
  return {
    default: {
      maxTimeToFirstByteMs,
      maxLoadTimeMs,
      timeoutRetry: { ...retry, retryDelayMs: 0 },
      errorRetry: retry,
    },
  };
}

/** Seconds that stay buffered behind the playhead: short steps back are at once, hours don't fill the memory. */
const BACK_BUFFER = 90;

/**
 * Shows have no interstitials, and the controller for them takes playback to where it
 * thinks best whenever a start position is given late.
 */
const plain: Partial<HlsConfig> = { interstitialsController: undefined, backBufferLength: BACK_BUFFER, contentSteeringController, timelineController };

/**
 * How far behind the edge to play stays at the library's defaults: the server's
 * hold-back values decide. The defaults also let a viewer be as far behind as they
 * like: liveMaxLatencyDuration is infinite, nothing seeks to the edge by itself.
 */
export const liveConfig: Partial<HlsConfig> = {
  ...plain,
  lowLatencyMode: true,
  manifestLoadPolicy: patient(8000, 10_000),
  playlistLoadPolicy: patient(10_000, 15_000),
  fragLoadPolicy: patient(10_000, 30_000),
};

export const recordingConfig: Partial<HlsConfig> = {
  ...plain,
  // Who leaves halfway has not fetched the other half.
  maxMaxBufferLength: 60,
  manifestLoadPolicy: brisk(8000, 10_000),
  playlistLoadPolicy: brisk(10_000, 15_000),
  fragLoadPolicy: brisk(10_000, 30_000),
};
