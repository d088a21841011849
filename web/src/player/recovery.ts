import Hls, { ErrorTypes, Events, type ErrorData } from 'hls.js';
import { REFUSAL_HEADER } from '../net/playbacktoken';
import { AttemptLimit } from './attemptlimit';

const MAX_NETWORK_ATTEMPTS = 6;

/**
 * Handles fatal errors of hls.js: it loads again after network errors and rebuilds the
 * media source after media errors. When that does not help, the source is loaded anew.
 */
export class Recovery {
  private readonly mediaRepairs = new AttemptLimit(3, 60_000);
  private networkAttempts = 0;
  private timer = 0;

  constructor(
    private readonly hls: Hls,
    private readonly url: string,
    private readonly startOver: () => void,
  ) {
    hls.on(Events.ERROR, (_event, data) => {
      if (data.fatal && !refusedAnswer(data)) this.handle(data);
    });
    hls.on(Events.FRAG_BUFFERED, () => {
      this.networkAttempts = 0;
    });
    hls.on(Events.DESTROYING, () => clearTimeout(this.timer));
  }

  private handle(data: ErrorData): void {
    if (data.type === ErrorTypes.NETWORK_ERROR && this.networkAttempts < MAX_NETWORK_ATTEMPTS) {
      this.networkAttempts++;
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.loadAgain(), Math.min(this.networkAttempts * 1000, 4000));
    } else if (data.type === ErrorTypes.MEDIA_ERROR && this.mediaRepairs.tryAgain()) {
      this.hls.recoverMediaError();
    } else {
      this.startOver();
    }
  }

  private loadAgain(): void {
    if (this.hls.levels.length > 0) this.hls.startLoad();
    else this.hls.loadSource(this.url);
  }
}

/** A 401 or 403 response; a retry gets the same. */
export interface RefusedAnswer {
  status: number;
  /** What it says about why. */
  header: string | null;
}

export function refusedAnswer({ response, networkDetails }: ErrorData): RefusedAnswer | null {
  const status = response?.code ?? 0;
  if (status !== 401 && status !== 403) return null;
  const header = networkDetails instanceof XMLHttpRequest ? networkDetails.getResponseHeader(REFUSAL_HEADER) : null;
  return { status, header };
}
