import type Hls from 'hls.js';
import { Events, type ErrorData, type LoadPolicy } from 'hls.js';
import { Hosts } from './cdnhosts.js';
import { addressOf, isLoadFailure } from './contentsteering';

/** How long hls.js keeps away from a pathway that failed. */
const PENALTY = 300_000;

/** Edges answer at once, or hold a request for less than this. */
const FIRST_BYTE = 4000;

/** The name of a pathway's CDN: "" for the playlist's own host, and doubles share one. */
const cdnOf = (pathway: string) => (pathway === '.' ? '' : pathway.replace(/\.2$/, ''));

/**
 * Follows HLS Content Steering, which hls.js does by itself: knows the name of the CDN
 * that media come from, and makes hls.js give up sooner on one that fails when there
 * is another to go to.
 */
export class Pathways {
  private readonly hosts = new Hosts();
  private readonly failed = new Map<string, number>();
  private isBrisk = false;

  constructor(private readonly hls: Hls) {
    hls.on(Events.STEERING_MANIFEST_LOADED, (_event, { steeringManifest }) => {
      this.hosts.learn(steeringManifest['PATHWAY-CLONES'] ?? []);
      if (steeringManifest['PATHWAY-PRIORITY'].length > 1) this.beBrisk();
    });
    hls.on(Events.ERROR, (_event, data) => {
      if (isLoadFailure(data)) this.failed.set(this.ofError(data), performance.now());
    });
  }

  /** The CDN that media come from now; "" for none with a name. */
  get current(): string {
    const level = this.hls.levels[this.hls.loadLevel];
    if (!level) return '';
    return this.hosts.nameOf(level.uri);
  }

  /** The CDN whose failure an error tells of. */
  ofError(data: ErrorData): string {
    const url = addressOf(data);
    return url ? this.hosts.nameOf(url) : this.current;
  }

  /** Whether there is a pathway that has not failed lately. */
  private get elsewhere(): boolean {
    const now = performance.now();
    const { current } = this;
    return (this.hls.pathwayPriority ?? []).some((pathway) => {
      const name = cdnOf(pathway);
      const failedAt = this.failed.get(name) ?? -Infinity;
      return name !== current && now - failedAt > PENALTY;
    });
  }

  /** One try more, then hls.js looks for another pathway; where all have failed, patience is all that helps. */
  private beBrisk(): void {
    if (this.isBrisk) return;
    this.isBrisk = true;
    const { config } = this.hls;
    config.fragLoadPolicy = this.brisk(config.fragLoadPolicy, FIRST_BYTE);
    config.playlistLoadPolicy = this.brisk(config.playlistLoadPolicy, config.playlistLoadPolicy.default.maxTimeToFirstByteMs);
  }

  private brisk(policy: LoadPolicy, maxTimeToFirstByteMs: number): LoadPolicy {
    const { errorRetry, timeoutRetry } = policy.default;
    const shouldRetry = (_config: unknown, count: number, _timeout: boolean, _response: unknown, retry: boolean) =>
      retry && (count < 1 || !this.elsewhere);
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
