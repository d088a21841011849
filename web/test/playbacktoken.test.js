import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiryOf, isToken, tokenPathOf, refusalOf, splitToken, tokenOf, withTokenPath } from './.out/net/playbacktoken.js';
import { chooseRefusal } from './.out/watch/scene.js';

const token = `${btoa('{"alg":"EdDSA"}').replace(/=/g, '')}.${btoa('{"sub":"show","exp":1795435200}').replace(/=/g, '')}.c2ln`;

test('the token is taken out of the address, and nothing else', () => {
  const cases = [
    [`/watch/show?token=${token}`, token, '/watch/show'],
    [`/watch/show#token=${token}`, token, '/watch/show'],
    [`/watch/show?recording=r1&token=${token}&at=5#chat`, token, '/watch/show?recording=r1&at=5#chat'],
    [`/watch/show?tokens=1&at=2026-11-23T20:15:00Z`, null, '/watch/show?tokens=1&at=2026-11-23T20:15:00Z'],
    ['/watch/show?token=<b>', null, '/watch/show'],
    ['/watch/%EB%AC%B4%EB%8C%80?token', null, '/watch/%EB%AC%B4%EB%8C%80'],
  ];
  for (const [href, want, address] of cases) {
    assert.deepEqual(splitToken(`https://host${href}`), { token: want, address }, href);
  }
});

test('only what looks like a token is one', () => {
  assert.ok(isToken(token));
  for (const other of ['', 'a.b', 'a.b.c.d', 'a.b.c/', `${'a'.repeat(2048)}.b.c`, null, 7, {}]) assert.ok(!isToken(other), String(other));
});

test('a pass is found, replaced, and added at home only', () => {
  const signed = 'https://host/t/a.b.c/live/show/video.m3u8?_HLS_msn=4';
  assert.equal(tokenPathOf(signed), '/t/a.b.c');
  assert.equal(tokenOf(signed), 'a.b.c');
  assert.equal(tokenOf('/live/show/'), '');
  assert.equal(withTokenPath(signed, '/t/x.y.z', ''), 'https://host/t/x.y.z/live/show/video.m3u8?_HLS_msn=4');
  for (const other of ['https://host/live/show/video.m3u8', 'https://host/static/t/a.b.c/live/', 'blob:x']) {
    assert.equal(tokenPathOf(other), '', other);
    assert.equal(withTokenPath(other, '/t/x.y.z', 'https://elsewhere'), other);
  }
  assert.equal(withTokenPath('https://host/live/show/a.m3u8', '/t/x.y.z', 'https://host'), 'https://host/t/x.y.z/live/show/a.m3u8');
  assert.equal(withTokenPath('/live/show/a.m3u8', '/t/x.y.z', 'https://host'), '/t/x.y.z/live/show/a.m3u8');
  assert.equal(withTokenPath(signed, '', 'https://host'), signed);
});

test('the end of a pass is read for asking in time, never trusted', () => {
  assert.equal(expiryOf(`/t/${token}`), 1795435200000);
  for (const other of ['', '/t/a.b.c', `/t/a.${btoa('{"exp":"x"}')}.c`, `/t/a.${btoa('null')}.c`]) assert.equal(expiryOf(other), 0, other);
});

test('a refusal is what the server says it is', () => {
  assert.equal(refusalOf(401, 'expired'), 'expired');
  assert.equal(refusalOf(403, 'screens'), 'screens');
  assert.equal(refusalOf(401, null), 'signature');
  assert.equal(refusalOf(403, '<b>'), 'place');
  assert.equal(refusalOf(200, 'expired'), null);
  assert.equal(refusalOf(404, null), null);
});

test('a refusal covers the player when what was buffered has played', () => {
  const playing = { hasFrame: true, advancing: true, failed: false };
  assert.equal(chooseRefusal('expired', playing), null);
  assert.deepEqual(chooseRefusal('expired', { ...playing, advancing: false }), { scene: 'refused', notice: null, refusal: 'expired' });
  assert.equal(chooseRefusal(null, { ...playing, advancing: false }), null);
});
