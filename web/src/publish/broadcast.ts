import { Lost, Refusal, WhipClient } from '../net/whip';
import { RateMeter, type Rates, type Stat } from './rates';

export type State = 'idle' | 'connecting' | 'live';

/** What a broadcast tells the page. */
export interface Listener {
  state(state: State): void;
  fault(text: string): void;
  rates(rates: Rates): void;
}

const MAX_BITRATE = 6_000_000;
const SILENT_FOR = 2500; // ms disconnected, until ICE is restarted
const RETRIES = [1000, 2000, 4000, 8000]; // ms, the last one again and again

/** One broadcast, over as many connections as it takes, until it is stopped. */
export class Broadcast {
  #endpoint: string;
  #key: string;
  #stream: MediaStream;
  #listener: Listener;
  #client: WhipClient | null = null;
  #connection: RTCPeerConnection | null = null;
  #stopped = false;
  #wasLive = false;
  #attempts = 0;
  #silence = 0;
  #stats = 0;

  constructor(endpoint: string, key: string, stream: MediaStream, listener: Listener) {
    this.#endpoint = endpoint;
    this.#key = key;
    this.#stream = stream;
    this.#listener = listener;
  }

  start(): void {
    void this.#connect();
  }

  /** Sends from other devices, on the connection that there is. */
  async replace(stream: MediaStream): Promise<void> {
    this.#stream = stream;
    for (const sender of this.#connection?.getSenders() ?? []) {
      const track = stream.getTracks().find((t) => t.kind === kindOf(sender, this.#connection));
      await sender.replaceTrack(track ?? null);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#listener.state('idle');
    await this.#disconnect();
  }

  async #connect(): Promise<void> {
    this.#listener.state('connecting');
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const client = new WhipClient(this.#endpoint, this.#key, connection);
    this.#connection = connection;
    this.#client = client;
    for (const track of this.#stream.getTracks()) this.#send(connection, track);
    connection.addEventListener('connectionstatechange', () => void this.#changed(connection));
    try {
      await client.publish();
    } catch (error) {
      await this.#failed(error);
    }
  }

  #send(connection: RTCPeerConnection, track: MediaStreamTrack): void {
    const sendEncodings = track.kind === 'video' ? [{ maxBitrate: MAX_BITRATE }] : [];
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [this.#stream], sendEncodings });
    if (track.kind !== 'video') return;
    preferH264(transceiver);
    keepSize(transceiver.sender);
  }

  async #changed(connection: RTCPeerConnection): Promise<void> {
    if (connection !== this.#connection || this.#stopped) return;
    window.clearTimeout(this.#silence);
    switch (connection.connectionState) {
      case 'connected':
        this.#attempts = 0;
        this.#wasLive = true;
        this.#listener.state('live');
        this.#measure(connection);
        break;
      case 'disconnected':
        this.#listener.state('connecting');
        this.#silence = window.setTimeout(() => void this.#restart(), SILENT_FOR);
        break;
      case 'failed':
        await this.#restart();
        break;
    }
  }

  async #restart(): Promise<void> {
    this.#listener.state('connecting');
    try {
      await this.#client?.restart();
    } catch (error) {
      await this.#failed(error);
    }
  }

  /** Tries anew unless that is in vain. */
  async #failed(error: unknown): Promise<void> {
    await this.#disconnect();
    if (this.#stopped) return;
    // A connection of ours that the server has not given up yet is no other publisher.
    const ourOwn = error instanceof Refusal && error.status === 409 && this.#wasLive;
    if (!(error instanceof Lost) && !ourOwn) {
      this.#stopped = true;
      this.#listener.state('idle');
      this.#listener.fault(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#listener.fault(ourOwn ? 'Trying again…' : `${error.message} Trying again…`);
    const wait = RETRIES[Math.min(this.#attempts++, RETRIES.length - 1)] ?? 8000;
    window.setTimeout(() => {
      if (!this.#stopped) void this.#connect();
    }, wait);
  }

  async #disconnect(): Promise<void> {
    window.clearTimeout(this.#silence);
    window.clearInterval(this.#stats);
    const client = this.#client;
    this.#client = null;
    this.#connection = null;
    await client?.stop();
  }

  #measure(connection: RTCPeerConnection): void {
    const meter = new RateMeter();
    window.clearInterval(this.#stats);
    this.#stats = window.setInterval(async () => {
      const report = await connection.getStats();
      if (connection === this.#connection) this.#listener.rates(meter.add(report.values() as Iterable<Stat>));
    }, 1000);
  }
}

function kindOf(sender: RTCRtpSender, connection: RTCPeerConnection | null): string | undefined {
  return connection?.getTransceivers().find((t) => t.sender === sender)?.receiver.track.kind;
}

/**
 * A network that carries less costs frames, not pixels: each new size begins a new part of the
 * stream, with a discontinuity that players notice.
 */
function keepSize(sender: RTCRtpSender): void {
  const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
  parameters.degradationPreference = 'maintain-resolution';
  sender.setParameters(parameters).catch(() => undefined); // a browser that can't makes the picture smaller
}

/** The server passes H.264 on, which every player decodes; VP8 and VP9 it does not take. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const first = codecs.filter((c) => c.mimeType.toLowerCase() === 'video/h264');
  if (first.length) transceiver.setCodecPreferences([...first, ...codecs.filter((c) => !first.includes(c))]);
}
