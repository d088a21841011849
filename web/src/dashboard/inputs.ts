import { bitRate } from './numbers.js';
import type { Advice, StreamInfo, StreamInput } from './types';

/** What a stream's creator should know. */
export interface InputRow {
  id: string;
  name: string;
  /** What arrives, fact by fact; empty when nobody publishes. */
  facts: string[];
  advice: Advice[];
  /** Why a publisher was turned away, or the stream can't be fetched, or "". */
  refusal: string;
}

/** How long a refusal is shown, in milliseconds. */
const REFUSAL_SHOWN = 3_600_000;

/** The streams that somebody publishes to, or tried to within the last hour, and those that can't be fetched; those with warnings first. */
export function inputRows(streams: readonly StreamInfo[], now: number, locale?: string): InputRow[] {
  const rows = streams.map((s) => ({
    id: s.id, name: s.name || s.id, facts: s.input ? facts(s.input, locale) : [], advice: s.advice ?? [], refusal: pullFault(s) || refusalOf(s, now, locale),
  }));
  return rows.filter((r) => r.facts.length > 0 || r.refusal !== '').sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1));
}

function weight(r: InputRow): number {
  return Number(r.refusal !== '') * 2 + Number(r.advice.some((a) => a.severity === 'warning')) * 2 + Number(r.advice.length > 0);
}

function facts(input: StreamInput, locale?: string): string[] {
  const number = (v: number, digits: number) => v.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const list = [input.protocol.toUpperCase()];
  const { video, audio } = input;
  if (video) list.push(`${video.width}×${video.height}`, `${number(video.frame_rate, 1)} fps`, video.codec, bitRate(video.bitrate, locale));
  if (input.keyframe_interval) list.push(`keyframes every ${number(input.keyframe_interval, 1)} s`);
  if (audio) list.push(`${audio.codec}, ${number(audio.sample_rate / 1000, 1)} kHz, ${channels(audio.channels)}`, bitRate(audio.bitrate, locale));
  if (input.lost_packets > 0) list.push(`${number(input.lost_packets, 0)} packets lost`);
  return list;
}

function channels(n: number): string {
  return n === 1 ? 'mono' : n === 2 ? 'stereo' : `${n} channels`;
}

function pullFault({ pull }: StreamInfo): string {
  return pull?.error ? `It can't be fetched from ${pull.address}: ${pull.error}.` : '';
}

function refusalOf({ last_refusal: refusal }: StreamInfo, now: number, locale?: string): string {
  if (!refusal) return '';
  const at = Date.parse(refusal.at);
  if (!(now - at < REFUSAL_SHOWN)) return '';
  const time = new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  return `A publisher (${refusal.protocol.toUpperCase()}) was refused at ${time}: ${refusal.reason}.`;
}
