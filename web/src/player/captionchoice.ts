/** What is needed of a TextTrack. */
export interface CaptionTrack {
  readonly kind: string;
  readonly label: string;
  readonly language: string;
}

/** The caption and subtitle tracks of a video, without metadata and chapters. */
export function captionsOf<T extends CaptionTrack>(tracks: Iterable<T>): T[] {
  return [...tracks].filter(({ kind }) => kind === 'captions' || kind === 'subtitles');
}

/** A track's name, shown and stored. Channels of CEA-608 are named CC1 to CC4. */
export function captionName({ label, language }: CaptionTrack): string {
  return label || language || 'Captions';
}

/**
 * The track for a viewer whose last choice was named wanted: that one, or the first if no
 * track has that name; none for "".
 */
export function chosenCaptions<T extends CaptionTrack>(tracks: readonly T[], wanted: string): T | null {
  if (wanted === '') return null;
  return tracks.find((track) => captionName(track) === wanted) ?? tracks[0] ?? null;
}
