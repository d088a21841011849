import type { HlsConfig, LoadPolicy } from 'hls.js';
import { timelineController } from './cea608';
import { contentSteeringController } from './contentsteering';
import { shouldRetry } from './retry';

/**
 * A broadcaster may be disconnected for a minute, and the server restarted. Meanwhile
 * playlist requests get 503, hang, or are refused. Each is repeated every second, so that
 * playback resumes soon after the broadcaster is back.
 */
function retriesOfLive(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoadPolicy {
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

/** A recording exists or it does not; more retries would only delay the message to the viewer. */
function retriesOfRecording(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoadPolicy {
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

/** Seconds kept buffered behind the playhead: short seeks back are immediate, and memory stays bounded. */
const BACK_BUFFER = 90;

/**
 * Shows have no interstitials, and the controller for them takes playback to where it
 * thinks best whenever a start position is given late.
 */
const shared: Partial<HlsConfig> = { interstitialsController: undefined, backBufferLength: BACK_BUFFER, contentSteeringController, timelineController };

/**
 * How far behind the edge to play stays at the library's defaults: the server's
 * hold-back values decide. The defaults also let a viewer be as far behind as they
 * like: liveMaxLatencyDuration is infinite, nothing seeks to the edge by itself.
 */
export const liveConfig: Partial<HlsConfig> = {
  ...shared,
  lowLatencyMode: true,
  manifestLoadPolicy: retriesOfLive(8000, 10_000),
  playlistLoadPolicy: retriesOfLive(10_000, 15_000),
  fragLoadPolicy: retriesOfLive(10_000, 30_000),
};

export const recordingConfig: Partial<HlsConfig> = {
  ...shared,
  // Viewers who leave halfway don't fetch the other half.
  maxMaxBufferLength: 60,
  manifestLoadPolicy: retriesOfRecording(8000, 10_000),
  playlistLoadPolicy: retriesOfRecording(10_000, 15_000),
  fragLoadPolicy: retriesOfRecording(10_000, 30_000),
};
