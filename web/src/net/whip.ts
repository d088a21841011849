import { withAudioNack } from './audionack.js';
import { fragmentOf, withFragment } from './sdpfragment.js';
import { iceServersOf } from './whiplink.js';

/** The server refused, and trying again would not help. */
export class Refusal extends Error {
  readonly status: number;

  constructor(message: string, status = 0) {
    super(message);
    this.status = status;
  }
}

/** The server has ended the session, or can't be reached; a new one may work. */
export class Lost extends Error {}

const FOREVER = new Set([400, 401, 404, 405, 409, 413, 415, 422]);

const SENTENCES: Record<number, string> = {
  401: 'The server doesn’t know this stream key. Check it, and that nobody has made a new one.',
  404: 'This server takes no publishers by WebRTC: webrtc.listen is off.',
  409: 'Somebody is live with this stream key already. End that broadcast first.',
  429: 'Too many attempts from your network. Wait a minute, then try again.',
  503: 'The server has no room now, or is stopping. Try again in a moment.',
};

/** What a refusal means for whoever wants to go live. */
export function refusalText(status: number, text: string): string {
  return SENTENCES[status] ?? `The server refused (${status}): ${text.trim().slice(0, 300) || 'no reason given'}`;
}

async function offerOf(connection: RTCPeerConnection, options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
  const offer = await connection.createOffer(options);
  return { type: 'offer', sdp: withAudioNack(offer.sdp ?? '') };
}

/** Where a session is, and what is known of its ICE session. */
interface Session {
  url: string;
  answer: string;
}

const TIMEOUT = 15_000;

/** A publisher by WHIP (RFC 9725): one peer connection, and the HTTP requests that go with it. */
export class WhipClient {
  #endpoint: string;
  #key: string;
  #connection: RTCPeerConnection;
  #fetch: typeof fetch;
  #session: Session | null = null;

  constructor(endpoint: string, key: string, connection: RTCPeerConnection, request: typeof fetch = (...a) => fetch(...a)) {
    this.#endpoint = endpoint;
    this.#key = key;
    this.#connection = connection;
    this.#fetch = request;
  }

  /** Offers what the connection has to send, and takes the answer. */
  async publish(): Promise<void> {
    const connection = this.#connection;
    const offer = await offerOf(connection);
    const response = await this.#request('POST', this.#endpoint, 'application/sdp', offer.sdp ?? '');
    const location = response.headers.get('Location');
    if (response.status !== 201 || !location) throw new Refusal('The server’s answer is none of WHIP.');
    const answer = await response.text();
    this.#session = { url: new URL(location, response.url || this.#endpoint).href, answer };
    // Candidates are gathered from here on, by the servers that the answer names.
    const iceServers = iceServersOf(response.headers.get('Link'));
    if (iceServers.length) connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
    await connection.setLocalDescription(offer);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Restarts ICE: the network has changed. Throws Lost if the session is over. */
  async restart(): Promise<void> {
    const session = this.#session;
    if (!session) throw new Lost('There is no session.');
    const connection = this.#connection;
    const offer = await offerOf(connection, { iceRestart: true });
    await connection.setLocalDescription(offer);
    try {
      const response = await this.#request('PATCH', session.url, 'application/trickle-ice-sdpfrag', fragmentOf(offer.sdp ?? ''), { 'If-Match': '*' });
      session.answer = withFragment(session.answer, await response.text());
      await connection.setRemoteDescription({ type: 'answer', sdp: session.answer });
    } catch (error) {
      if (connection.signalingState === 'have-local-offer') await connection.setLocalDescription({ type: 'rollback' });
      throw new Lost('The connection could not be restored.', { cause: error });
    }
  }

  /** Ends the broadcast. The request outlives the page. */
  async stop(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    try {
      if (session) await this.#fetch(session.url, { method: 'DELETE', headers: this.#authorization(), keepalive: true });
    } catch {
      // The server notices by itself.
    }
    this.#connection.close();
  }

  #authorization(): Record<string, string> {
    return { Authorization: `Bearer ${this.#key}` };
  }

  async #request(method: string, url: string, type: string, body: string, fields: Record<string, string> = {}): Promise<Response> {
    let response: Response;
    try {
      const headers = { ...this.#authorization(), 'Content-Type': type, ...fields };
      response = await this.#fetch(url, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT) });
    } catch (error) {
      throw new Lost('The server can’t be reached.', { cause: error });
    }
    if (response.ok) return response;
    const text = refusalText(response.status, await response.text());
    throw FOREVER.has(response.status) ? new Refusal(text, response.status) : new Lost(text);
  }
}
