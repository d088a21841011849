import type { LoaderResponse, RetryConfig } from 'hls.js';

/**
 * Whether hls.js asks again for what failed. A refused connection has no status, which
 * hls.js takes for a fault of the quality that it plays: it would go to another one, which
 * does not exist yet when a server has just been restarted.
 */
export function shouldRetry(
  config: RetryConfig | null | undefined,
  count: number,
  _timeout: boolean,
  response: LoaderResponse | undefined,
  retry: boolean,
): boolean {
  return retry || (response?.code === 0 && count < (config?.maxNumRetry ?? 0));
}
