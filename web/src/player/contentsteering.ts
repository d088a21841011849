import Hls, { type ErrorData, type HlsConfig } from 'hls.js';

/** The private members of hls.js's controller that are used here. */
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
 * hls.js 1.7 counts every load error against the current pathway. When an edge fails,
 * several requests fail at once: the first error moves playback to the next edge, the
 * second one counts against that edge and moves it again, until no pathway is left.
 * Here an error counts against the pathway of the URL that failed.
 */
class HostwiseSteering extends Base {
  override onError(event: string, data: ErrorData): void {
    const action = data.errorAction;
    if (action?.action === SEND_TO_PENALTY_BOX && action.flags & ALL_OF_THE_HOST && this.isOfLeftPathway(data)) {
      action.resolved = true; // by the move that has taken place
      return;
    }
    super.onError(event, data);
  }

  /** Whether the error is of a pathway that was left already. */
  private isOfLeftPathway(data: ErrorData): boolean {
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

export const contentSteeringController = HostwiseSteering as unknown as HlsConfig['contentSteeringController'];
