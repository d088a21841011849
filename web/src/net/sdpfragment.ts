/** Fragments of SDP by which an ICE session is restarted (RFC 8840 §9, RFC 9725 §4.3.3). */

const CREDENTIAL = /^a=(ice-ufrag|ice-pwd):/;
const CANDIDATE = /^a=(candidate:|end-of-candidates)/;

const linesOf = (sdp: string): string[] => sdp.split(/\r?\n/).filter((line) => line !== '');
const textOf = (lines: string[]): string => lines.map((line) => `${line}\r\n`).join('');

/** What a restart tells of an offer: the credentials, and the first medium, with which all are bundled. */
export function fragmentOf(offer: string): string {
  const lines = linesOf(offer);
  const first = (start: string): string[] => lines.filter((line) => line.startsWith(start)).slice(0, 1);
  return textOf([...first('a=ice-ufrag:'), ...first('a=ice-pwd:'), ...first('m='), ...first('a=mid:')]);
}

/** The answer of before, with the credentials and the candidates of a fragment. */
export function withFragment(answer: string, fragment: string): string {
  const told = linesOf(fragment);
  const candidates = told.filter((line) => CANDIDATE.test(line));
  const credential = (name: string): string | undefined => told.find((line) => line.startsWith(`a=${name}:`));
  const lines: string[] = [];
  let media = 0;
  const closeMedium = (): void => {
    if (media === 1) lines.push(...candidates);
  };
  for (const line of linesOf(answer)) {
    if (line.startsWith('m=')) {
      closeMedium();
      media++;
    }
    if (CANDIDATE.test(line)) continue;
    const name = CREDENTIAL.exec(line)?.[1];
    lines.push((name && credential(name)) || line);
  }
  closeMedium();
  return textOf(lines);
}
