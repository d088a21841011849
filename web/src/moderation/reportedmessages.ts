import { auditEntries, type AuditEntry } from './auditline.js';

/** A message that viewers reported. */
export interface ReportedMessage {
  message: string;
  author: string;
  authorName: string;
  text: string;
  /** Of the last report, in Unix milliseconds. */
  at: number;
  reporters: string[];
  reasons: string[];
}

/** The log's reports by message, the most reported first. */
export function reportedMessages(answer: unknown): ReportedMessage[] {
  const found = new Map<string, ReportedMessage>();
  for (const entry of auditEntries(answer)) {
    if (entry.act !== 'report' || !entry.message || refused(entry)) continue;
    const { text } = entry.detail;
    const reported = found.get(entry.message) ?? {
      message: entry.message, author: entry.userID, authorName: entry.user, text: typeof text === 'string' ? text : '', at: 0, reporters: [], reasons: [],
    };
    reported.at = Math.max(reported.at, entry.at);
    reported.reporters.push(entry.actor);
    if (entry.reason && !reported.reasons.includes(entry.reason)) reported.reasons.push(entry.reason);
    found.set(entry.message, reported);
  }
  return [...found.values()].sort((a, b) => b.reporters.length - a.reporters.length || b.at - a.at);
}

function refused({ detail }: AuditEntry): boolean {
  return typeof detail.refused === 'string' && detail.refused !== '';
}
