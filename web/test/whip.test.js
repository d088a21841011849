import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAudioNack } from './.out/net/audionack.js';
import { fragmentOf, withFragment } from './.out/net/sdpfragment.js';
import { Lost, Refusal, WhipClient, refusalText } from './.out/net/whip.js';
import { iceServersOf } from './.out/net/whiplink.js';
import { RateMeter, describeRates } from './.out/publish/rates.js';

const sdp = (ufrag, port) =>
  ['v=0', 's=-', 'm=video 9 UDP/TLS/RTP/SAVPF 97', 'a=mid:0', `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${ufrag}pwd`, `a=candidate:1 1 udp 1 192.0.2.1 ${port} typ host`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:1', `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${ufrag}pwd`, ''].join('\r\n');

test('a fragment tells the credentials and the first medium', () => {
  assert.equal(fragmentOf(sdp('ours', 1)), 'a=ice-ufrag:ours\r\na=ice-pwd:ourspwd\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\n');
});

test('an answer takes the credentials and candidates of a fragment', () => {
  const fragment = 'a=ice-ufrag:new\r\na=ice-pwd:newpwd\r\nm=video 9 X 97\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 8 typ host\r\na=end-of-candidates\r\n';
  const want = sdp('new', 8).replace('typ host\r\n', 'typ host\r\na=end-of-candidates\r\n');
  assert.equal(withFragment(sdp('old', 7), fragment), want);
});

test('sound may be asked for again', () => {
  const offer = 'm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n';
  const want = 'm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=fmtp:111 minptime=10\r\n';
  assert.equal(withAudioNack(offer), want);
  assert.equal(withAudioNack(want), want);
  assert.equal(withAudioNack('m=video 9 X 97\r\n'), 'm=video 9 X 97\r\n');
});

test('Link fields name ICE servers', () => {
  const cases = [
    [null, []],
    ['<stun:stun.example.com>; rel="ice-server"', [{ urls: 'stun:stun.example.com' }]],
    ['<https://x>; rel="next", <turn:t?transport=udp>; rel=ice-server; username="a"; credential="b\\"c, d"; credential-type="password"', [{ urls: 'turn:t?transport=udp', username: 'a', credential: 'b"c, d' }]],
  ];
  for (const [field, want] of cases) assert.deepEqual(iceServersOf(field), want, String(field));
});

/** A connection that does nothing, and tells in which order it was asked. */
function fakeConnection() {
  const done = [];
  let offers = 0;
  return {
    done,
    signalingState: 'stable',
    createOffer: async () => ({ type: 'offer', sdp: sdp(`offer${++offers}`, 1) }),
    getConfiguration: () => ({ bundlePolicy: 'max-bundle' }),
    setConfiguration: (c) => done.push(['configuration', c]),
    async setLocalDescription(d) {
      done.push(['local', d.type]);
      this.signalingState = d.type === 'offer' ? 'have-local-offer' : 'stable';
    },
    async setRemoteDescription(d) {
      done.push(['remote', d.sdp]);
      this.signalingState = 'stable';
    },
    close: () => done.push(['close']),
  };
}

const answers = (...list) => {
  const asked = [];
  const request = async (url, options) => {
    asked.push([options.method, url, options]);
    const [status, body, headers = {}] = list.shift();
    if (status === 0) throw new TypeError('network');
    return new Response(body, { status, headers });
  };
  return { asked, request };
};

const published = [201, sdp('server', 5), { Location: '/whip/session/x', Link: '<stun:s>; rel="ice-server"' }];

test('publishing, restarting, stopping', async () => {
  const fragment = 'a=ice-ufrag:again\r\na=ice-pwd:againpwd\r\na=candidate:1 1 udp 1 192.0.2.1 6 typ host\r\n';
  const server = answers(published, [200, fragment], [200, '']);
  const connection = fakeConnection();
  const client = new WhipClient('https://host/whip', 'KEY', connection, server.request);
  await client.publish();
  await client.restart();
  await client.stop();
  assert.deepEqual(server.asked.map(([method, url]) => `${method} ${url}`), [
    'POST https://host/whip', 'PATCH https://host/whip/session/x', 'DELETE https://host/whip/session/x',
  ]);
  for (const [, , options] of server.asked) assert.equal(options.headers.Authorization, 'Bearer KEY');
  assert.equal(server.asked[1][2].headers['If-Match'], '*');
  assert.match(server.asked[1][2].body, /^a=ice-ufrag:offer2\r\n/);
  assert.equal(server.asked[2][2].keepalive, true);
  assert.deepEqual(connection.done, [
    ['configuration', { bundlePolicy: 'max-bundle', iceServers: [{ urls: 'stun:s' }] }],
    ['local', 'offer'], ['remote', sdp('server', 5)],
    ['local', 'offer'], ['remote', sdp('again', 6)],
    ['close'],
  ]);
});

test('a refusal ends, a loss may be tried again', async () => {
  for (const [answer, kind, text] of [
    [[401, 'unknown stream key'], Refusal, /stream key/],
    [[409, ''], Refusal, /already/],
    [[422, 'unsupported media: codec VP8'], Refusal, /codec VP8/],
    [[503, ''], Lost, /room/],
    [[0], Lost, /reached/],
  ]) {
    const client = new WhipClient('https://host/whip', 'KEY', fakeConnection(), answers(answer).request);
    await assert.rejects(client.publish(), (error) => error instanceof kind && text.test(error.message), String(answer));
  }
});

test('a session that is over is lost, and the offer is taken back', async () => {
  const connection = fakeConnection();
  const client = new WhipClient('https://host/whip', 'KEY', connection, answers(published, [404, 'no such session']).request);
  await client.publish();
  await assert.rejects(client.restart(), Lost);
  assert.deepEqual(connection.done.at(-1), ['local', 'rollback']);
});

test('a refusal without a sentence of ours has the server’s', () => {
  assert.equal(refusalText(418, ' teapot \n'), 'The server refused (418): teapot');
  assert.equal(refusalText(500, ''), 'The server refused (500): no reason given');
});

test('rates follow from two reports', () => {
  const report = (timestamp, bytes) => [
    { type: 'outbound-rtp', kind: 'video', timestamp, bytesSent: bytes, frameWidth: 1280, frameHeight: 720, framesPerSecond: 29.6 },
    { type: 'outbound-rtp', kind: 'audio', timestamp, bytesSent: bytes / 10 },
    { type: 'remote-inbound-rtp', kind: 'video', timestamp, roundTripTime: 0.0312, fractionLost: 0.05 },
    { type: 'remote-inbound-rtp', kind: 'audio', timestamp, roundTripTime: 0.02, fractionLost: 0 },
    { type: 'transport', timestamp },
  ];
  const again = (timestamp, packets, sent) => [{ type: 'outbound-rtp', kind: 'video', timestamp, packetsSent: packets, retransmittedPacketsSent: sent }];
  const lossy = new RateMeter();
  lossy.add(again(1000, 100, 0));
  assert.equal(describeRates(lossy.add(again(2000, 200, 5))).loss, '5.0 %');
  const meter = new RateMeter();
  assert.deepEqual(describeRates(meter.add([])), { bitrate: '–', picture: '–', roundTrip: '–', loss: '–' });
  assert.equal(describeRates(meter.add(report(1000, 100_000))).bitrate, '–');
  assert.deepEqual(describeRates(meter.add(report(2000, 350_000))), { bitrate: '2.2 Mbit/s', picture: '1280 × 720, 30 fps', roundTrip: '31 ms', loss: '5.0 %' });
  assert.equal(describeRates(meter.add(report(3000, 360_000))).bitrate, '88 kbit/s');
});
