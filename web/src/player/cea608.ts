import Hls, { Events, type FragBufferedData, type FragLoadingData, type HlsConfig } from 'hls.js';

/** The private members of hls.js's controller and parsers that are used here. */
interface Channel {
  cueStartTime: number | null;
  displayedMemory: { isEmpty(): boolean };
  outputFilter?: { dispatchCue(): void };
  cueSplitAtTime(time: number): void;
}

interface Parser {
  channels: (Channel | null)[];
}

interface Controller {
  cea608Parser1?: Parser;
  cea608Parser2?: Parser;
  lastSn: number;
  lastCc: number;
  lastPartIndex: number;
  onFragLoading(event: string, data: FragLoadingData): void;
  closedCaptionsForLevel(): string | undefined;
}

const Base = Hls.DefaultConfig.timelineController as unknown as new (hls: Hls) => Controller;

/**
 * CEA-608 captions near the live edge. hls.js 1.7 drops what its parser has gathered at
 * every part of a segment but the first, for it asks only whether the segment is the one
 * after the last; a caption comes two bytes a frame, so with parts of a quarter of a
 * second none was ever complete. And it makes a cue when the caption ends, which is
 * later than a picture a second behind the edge is shown: here each part that is
 * buffered shows what is on the caption's screen at its end.
 */
class PartwiseCaptions extends Base {
  constructor(hls: Hls) {
    super(hls);
    hls.on(Events.FRAG_BUFFERED, (_event, data) => this.endCueAtBufferEnd(data));
  }

  override onFragLoading(event: string, data: FragLoadingData): void {
    const { frag, part } = data;
    const { lastSn, lastCc, lastPartIndex } = this;
    if (frag.type === 'main' && part && frag.sn === lastSn && frag.cc === lastCc && part.index === lastPartIndex + 1) {
      this.lastPartIndex = part.index;
      return;
    }
    super.onFragLoading(event, data);
  }

  private endCueAtBufferEnd({ frag, part }: FragBufferedData): void {
    if (frag.type !== 'main') return;
    const { end } = part ?? frag;
    for (const parser of [this.cea608Parser1, this.cea608Parser2]) {
      for (const channel of parser?.channels ?? []) {
        if (!channel?.outputFilter || channel.cueStartTime === null || channel.cueStartTime >= end || channel.displayedMemory.isEmpty()) continue;
        channel.cueSplitAtTime(end);
        channel.outputFilter.dispatchCue();
      }
    }
  }

  /**
   * A show may begin to have captions after its multivariant playlist, which then said
   * CLOSED-CAPTIONS=NONE, was loaded: they are shown all the same.
   */
  override closedCaptionsForLevel(): string | undefined {
    return undefined;
  }
}

export const timelineController = PartwiseCaptions as unknown as HlsConfig['timelineController'];
