/**
 * An offer that lets the server ask for lost sound, too (RFC 4585 §4.2). Browsers offer that for
 * the picture alone, but do it for sound when both sides say so.
 */
export function withAudioNack(offer: string): string {
  const opus = /a=rtpmap:(\d+) opus\/48000\/2\r\n/i.exec(offer);
  const type = opus?.[1];
  if (!opus || !type || offer.includes(`a=rtcp-fb:${type} nack`)) return offer;
  return offer.replace(opus[0], `${opus[0]}a=rtcp-fb:${type} nack\r\n`);
}
