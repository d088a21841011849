/** What is shown of a connection, of two reports of RTCPeerConnection.getStats. */
export interface Rates {
  bitrate: number; // bit/s of picture and sound
  width: number;
  height: number;
  frameRate: number;
  roundTrip: number; // seconds; NaN: unknown
  loss: number; // share of packets that were lost for good or sent again; NaN: unknown
}

/** The fields of reports that are read here (W3C WebRTC statistics). */
export interface Stat {
  type: string;
  kind?: string;
  timestamp: number;
  bytesSent?: number;
  packetsSent?: number;
  retransmittedPacketsSent?: number;
  frameWidth?: number;
  frameHeight?: number;
  framesPerSecond?: number;
  roundTripTime?: number;
  fractionLost?: number;
}

/** Adds up reports; the first has no bit rate. */
export class RateMeter {
  #bytes = 0;
  #packets = 0;
  #again = 0;
  #at = NaN;

  add(stats: Iterable<Stat>): Rates {
    const rates: Rates = { bitrate: NaN, width: 0, height: 0, frameRate: 0, roundTrip: NaN, loss: NaN };
    let bytes = 0;
    let packets = 0;
    let again = 0;
    let at = NaN;
    for (const s of stats) {
      if (s.type === 'outbound-rtp') {
        bytes += s.bytesSent ?? 0;
        packets += s.packetsSent ?? 0;
        again += s.retransmittedPacketsSent ?? 0;
        at = s.timestamp;
        if (s.kind === 'video') {
          rates.width = s.frameWidth ?? 0;
          rates.height = s.frameHeight ?? 0;
          rates.frameRate = s.framesPerSecond ?? 0;
        }
      } else if (s.type === 'remote-inbound-rtp') {
        rates.roundTrip = larger(rates.roundTrip, s.roundTripTime);
        rates.loss = larger(rates.loss, s.fractionLost);
      }
    }
    const seconds = (at - this.#at) / 1000;
    if (seconds > 0) rates.bitrate = (Math.max(0, bytes - this.#bytes) * 8) / seconds;
    if (packets > this.#packets && again > 0) rates.loss = larger(rates.loss, (again - this.#again) / (packets - this.#packets));
    this.#packets = packets;
    this.#again = again;
    this.#bytes = bytes;
    this.#at = at;
    return rates;
  }
}

function larger(a: number, b: number | undefined): number {
  if (b === undefined) return a;
  return Number.isNaN(a) ? b : Math.max(a, b);
}

/** Texts for the page; a dash for what is unknown. */
export function describeRates(r: Rates): { bitrate: string; picture: string; roundTrip: string; loss: string } {
  const known = (value: number, text: string): string => (Number.isFinite(value) ? text : '–');
  return {
    bitrate: known(r.bitrate, r.bitrate < 999_500 ? `${Math.round(r.bitrate / 1000)} kbit/s` : `${(r.bitrate / 1e6).toFixed(1)} Mbit/s`),
    picture: r.width ? `${r.width} × ${r.height}, ${Math.round(r.frameRate)} fps` : '–',
    roundTrip: known(r.roundTrip, `${Math.round(r.roundTrip * 1000)} ms`),
    loss: known(r.loss, `${(r.loss * 100).toFixed(1)} %`),
  };
}
