/** What is needed of a TextTrack. */
export interface CaptionTrack {
  readonly kind: string;
  readonly label: string;
  readonly language: string;
}

/** Those of a video's text tracks that are read, as opposed to metadata and chapters. */
export function captionsOf<T extends CaptionTrack>(tracks: Iterable<T>): T[] {
  return [...tracks].filter(({ kind }) => kind === 'captions' || kind === 'subtitles');
}

/** What a track is remembered by, and called. Channels of CEA-608 are named CC1 to CC4. */
export function captionName({ label, language }: CaptionTrack): string {
  return label || language || 'Captions';
}

/**
 * The track that somebody gets who once chose the one named wanted: that, or another
 * one where there is none of that name, because they want to read; "" is none.
 */
export function chosenCaptions<T extends CaptionTrack>(tracks: readonly T[], wanted: string): T | null {
  if (wanted === '') return null;
  return tracks.find((track) => captionName(track) === wanted) ?? tracks[0] ?? null;
}
