import Hls, { type ErrorData, type HlsConfig } from 'hls.js';

/** What is used of hls.js's controller, which keeps it to itself. */
interface Controller {
  pathwayId: string;
  levels: { pathwayId: string; uri: string }[] | null;
  penalizedPathways: Record<string, number>;
  onError(event: string, data: ErrorData): void;
}

/** hls.js's NetworkErrorAction.SendAlternateToPenaltyBox and ErrorActionFlags.MoveAllAlternatesMatchingHost. */
const SEND_TO_PENALTY_BOX = 2;
const ALL_OF_THE_HOST = 1;

/** The address whose loading failed. */
export function addressOf(data: ErrorData): string {
  return data.context?.url || data.part?.url || data.frag?.url || data.response?.url || data.url || '';
}

/** Whether a request failed for reasons of the network or server, as opposed to what its answer said. */
export function isLoadFailure(data: ErrorData): boolean {
  if (!/Load(Error|TimeOut)$/.test(data.details)) return false;
  const code = data.response?.code ?? 0;
  return code === 0 || code >= 500;
}

const Base = Hls.DefaultConfig.contentSteeringController as unknown as new (hls: Hls) => Controller;

/**
 * hls.js 1.7 holds the present pathway responsible for whatever fails to load. When an
 * edge dies several requests fail at once: the first moves playback to the next edge,
 * the second would blame that one and move it on, until none is left. Here an error
 * counts against the pathway that its address belongs to.
 */
class FairSteering extends Base {
  override onError(event: string, data: ErrorData): void {
    const action = data.errorAction;
    if (action?.action === SEND_TO_PENALTY_BOX && action.flags & ALL_OF_THE_HOST && this.isLate(data)) {
      action.resolved = true; // by the move that has taken place
      return;
    }
    super.onError(event, data);
  }

  /** Whether the error is of a pathway that was left already. */
  private isLate(data: ErrorData): boolean {
    const host = hostOf(addressOf(data));
    const pathways = (this.levels ?? []).filter((level) => host !== '' && hostOf(level.uri) === host).map((level) => level.pathwayId);
    if (pathways.length === 0 || pathways.includes(this.pathwayId)) return false;
    return pathways.some((name) => name in this.penalizedPathways);
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return '';
  }
}

export const contentSteeringController = FairSteering as unknown as HlsConfig['contentSteeringController'];
