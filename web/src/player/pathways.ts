import type Hls from 'hls.js';
import { Events, type ErrorData, type LoadPolicy } from 'hls.js';
import { CDNHosts } from './cdnhosts.js';
import { addressOf, isLoadFailure } from './contentsteering';

/** hls.js avoids a pathway that failed for this long. */
const PENALTY_MS = 300_000;

/** Edges answer at once, or hold a request for less than this. */
const FIRST_BYTE_TIMEOUT = 4000;

/** The name of a pathway's CDN: "" for the playlist's own host, and doubles share one. */
const cdnOf = (pathway: string) => (pathway === '.' ? '' : pathway.replace(/\.2$/, ''));

/**
 * Follows HLS Content Steering, which hls.js does by itself: knows the name of the CDN
 * that media come from, and makes hls.js give up sooner on one that fails when there
 * is another to go to.
 */
export class Pathways {
  private readonly hosts = new CDNHosts();
  private readonly failed = new Map<string, number>();
  private hasShortRetries = false;

  constructor(private readonly hls: Hls) {
    hls.on(Events.STEERING_MANIFEST_LOADED, (_event, { steeringManifest }) => {
      this.hosts.addClones(steeringManifest['PATHWAY-CLONES'] ?? []);
      if (steeringManifest['PATHWAY-PRIORITY'].length > 1) this.shortenRetries();
    });
    hls.on(Events.ERROR, (_event, data) => {
      if (isLoadFailure(data)) this.failed.set(this.cdnOfError(data), performance.now());
    });
  }

  /** The CDN that media come from now; "" for none with a name. */
  get current(): string {
    const level = this.hls.levels[this.hls.loadLevel];
    if (!level) return '';
    return this.hosts.nameOf(level.uri);
  }

  /** The CDN of a failed request. */
  cdnOfError(data: ErrorData): string {
    const url = addressOf(data);
    return url ? this.hosts.nameOf(url) : this.current;
  }

  /** Whether another pathway has not failed within the penalty time. */
  private get hasAlternative(): boolean {
    const now = performance.now();
    const { current } = this;
    return (this.hls.pathwayPriority ?? []).some((pathway) => {
      const name = cdnOf(pathway);
      const failedAt = this.failed.get(name) ?? -Infinity;
      return name !== current && now - failedAt > PENALTY_MS;
    });
  }

  /** One retry, then hls.js tries another pathway; when all have failed, retries go on. */
  private shortenRetries(): void {
    if (this.hasShortRetries) return;
    this.hasShortRetries = true;
    const { config } = this.hls;
    config.fragLoadPolicy = this.withShortRetries(config.fragLoadPolicy, FIRST_BYTE_TIMEOUT);
    config.playlistLoadPolicy = this.withShortRetries(config.playlistLoadPolicy, config.playlistLoadPolicy.default.maxTimeToFirstByteMs);
  }

  private withShortRetries(policy: LoadPolicy, maxTimeToFirstByteMs: number): LoadPolicy {
    const { errorRetry, timeoutRetry } = policy.default;
    const shouldRetry = (_config: unknown, count: number, _timeout: boolean, _response: unknown, retry: boolean) =>
      retry && (count < 1 || !this.hasAlternative);
    return {
      default: {
        ...policy.default,
        maxTimeToFirstByteMs,
        errorRetry: errorRetry && { ...errorRetry, shouldRetry },
        timeoutRetry: timeoutRetry && { ...timeoutRetry, shouldRetry },
      },
    };
  }
}
