import { localNow, type ServerClock } from './serverclock';

export type StreamState = 'offline' | 'starting' | 'live' | 'reconnecting' | 'ended';

export interface Status {
  state: StreamState;
  /** While reconnecting: the broadcaster ended the broadcast, and was not lost. */
  stopped?: boolean;
  name: string;
  publication: string;
  started_at: number;
  now: number;
  viewers: number;
  video: boolean;
  /** Seconds that can be sought back in the live stream; 0 or absent: only the live window. */
  dvr?: number;
  /** The oldest program date time that can be sought to, in Unix milliseconds. */
  begins?: number;
  /** The server has a chat room for it. */
  chat?: boolean;
  /** The newest recording. */
  recording?: string;
}

/** The result of a poll: the stream's status, no such stream, or no answer. */
export type Report =
  | { kind: 'status'; status: Status }
  | { kind: 'missing' }
  | { kind: 'unreachable' };

const IDLE_INTERVAL = 2000;
const PLAYING_INTERVAL = 5000;
const TIMEOUT = 5000;

/** Polls status.json, less often during playback, and not while the page is hidden. */
export class StatusPoller {
  private timer = 0;
  private asking = false;

  constructor(
    private readonly url: string,
    private readonly clock: ServerClock,
    private readonly isPlaying: () => boolean,
    private readonly onReport: (report: Report) => void,
  ) {}

  start(): void {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) clearTimeout(this.timer);
      else void this.poll();
    });
    void this.poll();
  }

  /** Polls now, and then at the usual interval. */
  async poll(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    clearTimeout(this.timer);
    const report = await this.ask();
    this.asking = false;
    this.onReport(report);
    if (document.hidden) return;
    this.timer = window.setTimeout(() => void this.poll(), this.isPlaying() ? PLAYING_INTERVAL : IDLE_INTERVAL);
  }

  private async ask(): Promise<Report> {
    try {
      const sentAt = localNow();
      const response = await fetch(this.url, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
      const receivedAt = localNow();
      if (response.status === 404) return { kind: 'missing' };
      if (!response.ok) return { kind: 'unreachable' };
      const status = (await response.json()) as Status;
      this.clock.observe(sentAt, receivedAt, status.now);
      return { kind: 'status', status };
    } catch {
      return { kind: 'unreachable' };
    }
  }
}
