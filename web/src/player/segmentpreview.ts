import { findLastInPrefix, type DatedSegment } from './segmentdates.js';

/** A segment as a media playlist lists it. */
export interface ListedSegment extends DatedSegment {
  url: string;
  gap?: boolean;
}

/** How much media time shares a picture, in milliseconds. The server draws no more, and caches hold one for all viewers. */
const PERIOD = 10_000;
const MEDIA = /^(.*\/)[^/]+\/(\d+)\.m4s(\?.*)?$/;

/**
 * The address of the picture for a media time: that of the first segment in the same ten
 * seconds of program date time. Null where nothing is listed, or no picture came.
 */
export function previewURL(segments: readonly ListedSegment[], time: number): string | null {
  const pointed = findLastInPrefix(segments, (s) => s.start <= time) ?? segments[0];
  if (!pointed) return null;
  let first: string | null = null;
  for (let i = segments.indexOf(pointed); i >= 0; i--) {
    const segment = segments[i] as ListedSegment;
    const url = previewURLOf(segment.url);
    if (periodOf(segment) !== periodOf(pointed) || folderOf(url) !== folderOf(previewURLOf(pointed.url))) break;
    if (!segment.gap) first = url;
  }
  return first;
}

function periodOf({ programDateTime }: ListedSegment): number {
  return Math.floor((programDateTime ?? NaN) / PERIOD);
}

/** Pictures are beside the renditions: PUBLICATION/360p/12.m4s has PUBLICATION/preview/12.jpg. */
function previewURLOf(media: string): string | null {
  const [, publication, number, query = ''] = MEDIA.exec(media) ?? [];
  return publication === undefined ? null : `${publication}preview/${number}.jpg${query}`;
}

/** Different publications have different pictures. */
function folderOf(url: string | null): string | undefined {
  return url?.slice(0, url.lastIndexOf('/'));
}
