// What the REST API answers, as far as the page needs it; see control/cost.go,
// control/quality.go, control/steering.go and control/api.go. Amounts are in the
// bill's currency, dates RFC 3339. Go writes empty lists as null at times.

/** Costs of an hour, at the pace of the last minute, five minutes and hour. */
export interface Rates {
  minute: number;
  five_minutes: number;
  hour: number;
}

/** A CDN's or a stream's part of the bill; requests and bytes are the month's. */
export interface CostItem {
  name: string;
  per_hour: Rates;
  month: number;
  requests: number;
  bytes: number;
  viewer_hours: number;
  /** 0: unknown. */
  per_viewer_hour: number;
  priced: boolean;
}

export interface Source {
  url: string;
  /** A date. */
  seen: string;
  for: string;
}

/** What a show would cost on one CDN. */
export interface Quote {
  name: string;
  title: string;
  cost: number;
  per_hour: number;
  verified: boolean;
  note?: string;
  sources: Source[] | null;
}

export interface Projection {
  viewers: number;
  hours: number;
  /** kbit/s of one viewer. */
  bitrate: number;
  requests_per_second: number;
  measured: boolean;
  bytes: number;
  requests: number;
  cdns: Quote[] | null;
}

export interface Cost {
  currency: string;
  at: string;
  per_hour: Rates;
  month: { since: string; cost: number; budget: number; budget_per_hour: number };
  /** Missing when nobody is known to have watched. */
  per_viewer_hour?: number;
  cdns: CostItem[] | null;
  streams: CostItem[] | null;
  /** Missing while nothing is known of what a viewer takes. */
  projection?: Projection;
}

export interface StreamInfo {
  id: string;
  name: string;
  state: string;
  viewers?: number;
  /** Missing when nobody publishes. */
  input?: StreamInput;
  advice?: Advice[];
  last_refusal?: { at: string; protocol: string; reason: string };
  /** Missing unless the server fetches the stream itself. */
  pull?: { address: string; state: string; error?: string };
}

/** What a publisher sends; see ingest/report.go. Bit rates are bit/s. */
export interface StreamInput {
  protocol: string;
  since: string;
  bitrate: number;
  video?: { codec: string; width: number; height: number; frame_rate: number; bitrate: number };
  audio?: { codec: string; sample_rate: number; channels: number; bitrate: number };
  /** Seconds. */
  keyframe_interval?: number;
  lost_packets: number;
  repairs: number;
}

/** What the creator should change in the encoder. */
export interface Advice {
  code: string;
  severity: 'notice' | 'warning';
  text: string;
}

/** How the players of a stream, CDN and country fared in the last five minutes. */
export interface Quality {
  stream: string;
  cdn: string;
  country: string;
  sessions: number;
  /** Seconds; 0: none started. */
  startup_p50: number;
  startup_p95: number;
  stall_ratio: number;
  errors: number;
  /** Bit/s. */
  bitrate: number;
  /** Seconds; 0: nobody said. */
  latency: number;
  /** Hours. */
  watched: number;
}

export type Mode = 'auto' | 'off' | 'preferred';

/** A CDN that viewers are steered to or away from. */
export interface Pathway {
  name: string;
  mode: Mode;
  state: 'good' | 'demoted' | 'probation';
  since: string;
  reason?: string;
  sessions: number;
}
